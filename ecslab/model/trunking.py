"""How many awsvpc tasks fit on an EC2 instance type whose network interface is a trunk. Data, and one look-up.

Source: Amazon ECS Developer Guide, "Supported instances for increased Amazon ECS container network interfaces"
(facts: eni_trunking). A type that is not here cannot have a trunk: burstable types (t2, t3, t4g) are the usual case.
"""

from __future__ import annotations

_TYPES = {
    4: """
        m6g.medium m6gd.medium m7g.medium c6g.medium c6gd.medium c6gn.medium c7g.medium r6g.medium
        r6gd.medium r7g.medium is4gen.medium
    """,
    6: """
        g5.xlarge
    """,
    8: """
        i4i.xlarge
    """,
    10: """
        a1.medium a1.large m5.large m5a.large m5ad.large m5d.large m5n.large m6a.large m6g.large m6gd.large
        m6i.large m6id.large m6idn.large m6in.large m7g.large c5.large c5a.large c5ad.large c5d.large
        c6a.large c6g.large c6gd.large c6gn.large c6i.large c6id.large c6in.large c7g.large r5.large
        r5a.large r5ad.large r5d.large r6a.large r6g.large r6gd.large r6i.large r6idn.large r6in.large
        r6id.large r7g.large x2gd.medium x2gd.large im4gn.large is4gen.large
    """,
    12: """
        mac2.metal u-3tb1.56xlarge u-6tb1.56xlarge u-18tb1.metal u-24tb1.metal g4ad.xlarge g4ad.2xlarge
        g4ad.4xlarge g4ad.8xlarge g4ad.16xlarge
    """,
    13: """
        x2iedn.xlarge
    """,
    14: """
        m5zn.large
    """,
    19: """
        g5.2xlarge trn1.2xlarge
    """,
    20: """
        a1.xlarge m5.xlarge m5a.xlarge m5ad.xlarge m5d.xlarge m5n.xlarge m6a.xlarge m6g.xlarge m6gd.xlarge
        m6i.xlarge m6id.xlarge m6idn.xlarge m6in.xlarge m7g.xlarge c5.xlarge c5a.xlarge c5ad.xlarge
        c5d.xlarge c6a.xlarge c6g.xlarge c6gd.xlarge c6gn.xlarge c6i.xlarge c6id.xlarge c6in.xlarge
        c7g.xlarge r5.xlarge r5a.xlarge r5ad.xlarge r5d.xlarge r6a.xlarge r6g.xlarge r6gd.xlarge r6i.xlarge
        r6idn.xlarge r6in.xlarge r6id.xlarge r7g.xlarge x2gd.xlarge im4gn.xlarge is4gen.xlarge g5g.xlarge
        inf2.xlarge
    """,
    28: """
        i4i.2xlarge
    """,
    29: """
        x2iedn.2xlarge
    """,
    31: """
        m5zn.xlarge
    """,
    40: """
        a1.2xlarge m5.2xlarge m5a.2xlarge m5ad.2xlarge m5d.2xlarge m5n.2xlarge m6a.2xlarge m6g.2xlarge
        m6gd.2xlarge m6i.2xlarge m6id.2xlarge m6idn.2xlarge m6in.2xlarge m7g.2xlarge c5.2xlarge c5a.2xlarge
        c5ad.2xlarge c5d.2xlarge c6a.2xlarge c6g.2xlarge c6gd.2xlarge c6gn.2xlarge c6i.2xlarge c6id.2xlarge
        c6in.2xlarge c7g.2xlarge r5.2xlarge r5a.2xlarge r5ad.2xlarge r5d.2xlarge r6a.2xlarge r6g.2xlarge
        r6gd.2xlarge r6i.2xlarge r6idn.2xlarge r6in.2xlarge r6id.2xlarge r7g.2xlarge x2gd.2xlarge
        im4gn.2xlarge is4gen.2xlarge g5.4xlarge g5g.2xlarge p3.2xlarge vt1.3xlarge
    """,
    58: """
        i4i.4xlarge
    """,
    60: """
        a1.4xlarge m5.4xlarge m5.8xlarge m5.12xlarge m5a.4xlarge m5a.8xlarge m5a.12xlarge m5ad.4xlarge
        m5ad.8xlarge m5ad.12xlarge m5d.4xlarge m5d.8xlarge m5d.12xlarge m5n.4xlarge m5n.8xlarge m5n.12xlarge
        m6a.4xlarge m6g.4xlarge m6g.8xlarge m6g.12xlarge m6gd.4xlarge m6gd.8xlarge m6gd.12xlarge m6i.4xlarge
        m6id.4xlarge m6idn.4xlarge m6in.4xlarge m7g.4xlarge m7g.8xlarge m7g.12xlarge c5.4xlarge c5.9xlarge
        c5.12xlarge c5a.4xlarge c5a.8xlarge c5a.12xlarge c5ad.4xlarge c5ad.12xlarge c5d.4xlarge c5d.9xlarge
        c5d.12xlarge c6a.4xlarge c6g.4xlarge c6g.8xlarge c6g.12xlarge c6gd.4xlarge c6gd.8xlarge
        c6gd.12xlarge c6gn.4xlarge c6gn.8xlarge c6gn.12xlarge c6i.4xlarge c6id.4xlarge c6in.4xlarge
        c7g.4xlarge c7g.8xlarge c7g.12xlarge r5.4xlarge r5.12xlarge r5a.4xlarge r5a.8xlarge r5a.12xlarge
        r5ad.4xlarge r5ad.8xlarge r5ad.12xlarge r5d.4xlarge r5d.8xlarge r5d.12xlarge r6a.4xlarge r6g.4xlarge
        r6g.8xlarge r6g.12xlarge r6gd.4xlarge r6gd.8xlarge r6gd.12xlarge r6i.4xlarge r6idn.4xlarge
        r6in.4xlarge r6id.4xlarge r7g.4xlarge r7g.8xlarge r7g.12xlarge x2gd.4xlarge x2gd.8xlarge
        x2gd.12xlarge x2iedn.4xlarge im4gn.4xlarge im4gn.8xlarge is4gen.4xlarge is4gen.8xlarge g5g.4xlarge
        g5g.8xlarge p3.8xlarge vt1.6xlarge
    """,
    64: """
        m5zn.2xlarge x2iezn.2xlarge
    """,
    90: """
        m6a.8xlarge m6i.8xlarge m6id.8xlarge m6idn.8xlarge m6in.8xlarge c6a.8xlarge c6i.8xlarge c6id.8xlarge
        c6in.8xlarge r6a.8xlarge r6i.8xlarge r6idn.8xlarge r6in.8xlarge r6id.8xlarge g5.8xlarge inf2.8xlarge
    """,
    98: """
        m5zn.3xlarge
    """,
    118: """
        i4i.8xlarge
    """,
    120: """
        m5.16xlarge m5.24xlarge m5a.16xlarge m5a.24xlarge m5ad.16xlarge m5ad.24xlarge m5d.16xlarge
        m5d.24xlarge m5d.metal m5n.16xlarge m5zn.6xlarge m6a.12xlarge m6a.16xlarge m6a.24xlarge m6a.32xlarge
        m6a.48xlarge m6a.metal m6g.16xlarge m6g.metal m6gd.16xlarge m6gd.metal m6i.12xlarge m6i.16xlarge
        m6i.24xlarge m6i.32xlarge m6i.metal m6id.12xlarge m6id.16xlarge m6id.24xlarge m6id.32xlarge
        m6id.metal m6idn.12xlarge m6idn.16xlarge m6idn.24xlarge m6idn.32xlarge m6idn.metal m6in.12xlarge
        m6in.16xlarge m6in.24xlarge m6in.32xlarge m6in.metal m7g.16xlarge m7g.metal c5.18xlarge c5.24xlarge
        c5a.16xlarge c5a.24xlarge c5ad.16xlarge c5ad.24xlarge c5d.18xlarge c5d.24xlarge c6a.12xlarge
        c6a.16xlarge c6a.24xlarge c6a.32xlarge c6a.48xlarge c6a.metal c6g.16xlarge c6g.metal c6gd.16xlarge
        c6gd.metal c6gn.16xlarge c6i.12xlarge c6i.16xlarge c6i.24xlarge c6i.32xlarge c6i.metal c6id.12xlarge
        c6id.16xlarge c6id.24xlarge c6id.32xlarge c6id.metal c6in.12xlarge c6in.16xlarge c6in.24xlarge
        c6in.32xlarge c6in.metal c7g.16xlarge c7g.metal hpc6a.48xlarge hpc6id.32xlarge r5.16xlarge
        r5.24xlarge r5a.16xlarge r5a.24xlarge r5ad.16xlarge r5ad.24xlarge r5b.16xlarge r5d.16xlarge
        r5d.24xlarge r5dn.16xlarge r6a.12xlarge r6a.16xlarge r6a.24xlarge r6a.32xlarge r6a.48xlarge
        r6a.metal r6g.16xlarge r6g.metal r6gd.16xlarge r6gd.metal r6i.12xlarge r6i.16xlarge r6i.24xlarge
        r6i.32xlarge r6i.metal r6idn.12xlarge r6idn.16xlarge r6idn.24xlarge r6idn.32xlarge r6idn.metal
        r6in.12xlarge r6in.16xlarge r6in.24xlarge r6in.32xlarge r6in.metal r6id.12xlarge r6id.16xlarge
        r6id.24xlarge r6id.32xlarge r6id.metal r7g.16xlarge r7g.metal x2gd.16xlarge x2gd.metal
        x2idn.16xlarge x2idn.24xlarge x2idn.32xlarge x2idn.metal x2iedn.8xlarge x2iedn.16xlarge
        x2iedn.24xlarge x2iedn.32xlarge x2iedn.metal x2iezn.4xlarge x2iezn.6xlarge x2iezn.8xlarge
        x2iezn.12xlarge x2iezn.metal im4gn.16xlarge dl1.24xlarge g5.12xlarge g5.16xlarge g5.24xlarge
        g5.48xlarge g5g.16xlarge g5g.metal inf2.24xlarge inf2.48xlarge p3.16xlarge p4d.24xlarge
        p4de.24xlarge trn1.32xlarge vt1.24xlarge
    """,
    242: """
        trn1n.32xlarge
    """,
    248: """
        i4i.16xlarge
    """,
    498: """
        i4i.32xlarge i4i.metal
    """,
}
_LIMITS = {name: limit for limit, names in _TYPES.items() for name in names.split()}


def trunked_limit(instance_type: str) -> int | None:
    """awsvpc tasks on an instance with a trunk; None for a type that cannot have one."""
    return _LIMITS.get(instance_type)
