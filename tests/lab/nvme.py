# SPDX-License-Identifier: Apache-2.0
"""QEMU's arguments for NVMe controllers with namespaces of their own: what a plain disk (machine.py) cannot be."""
from .machine import quote

# A device's id must not be one of QEMU's property names, such as "drive": hence nvme-NAME.


def namespace(controller, nsid, path, throttle="", **options):
    """
    A namespace on a controller. Options are those of QEMU's nvme-ns: shared, detached, logical_block_size, zoned, ...; throttle is one of
    its drive's.
    """
    drive = f"{controller}n{nsid}"
    more = "".join(f",{key}={value}" for key, value in options.items())
    return ["-drive", f"if=none,id={drive},format=raw,cache=unsafe,file={quote(path)}{',' if throttle else ''}{throttle}",
            "-device", f"nvme-ns,drive={drive},bus=nvme-{controller},nsid={nsid}{more}"]


def controller(name, serial, subsystem=None, bus=None):
    """Two controllers with one subsystem are two ways to the same namespaces, which are `shared`."""
    return ["-device", f"nvme,id=nvme-{name},serial={serial}" + (f",subsys=nvme-{subsystem}" if subsystem else "") +
            (f",bus={bus}" if bus else "")]


def subsystem(name):
    return ["-device", f"nvme-subsys,id=nvme-{name},nqn={name}"]
