"""The loops of the control plane: they look at the whole, ask the scheduler, and write its plans down."""
