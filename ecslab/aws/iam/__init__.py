"""IAM of the lab: who calls, what their policies say, and the gate that asks. Records are moto's, decisions ours."""
