# SPDX-License-Identifier: Apache-2.0
"""Expected values, computed without a TPM, against what OVMF, the stub and the kernel really measure into swtpm's."""
import json

import pytest
from lab import paths
from lab.measured import BUILT_IN, HINT, Bench


@pytest.fixture(scope="module")
def bench():
    return Bench(paths.build_folder() / "lab" / "measured")


def judged(bench, folder, seen, name, *more):
    """Exit status, verdict and words of `remint boot measure`, on the TPM's own PCRs."""
    seen.write(bench.folder, name)
    status, out, said = bench.remint("boot", "measure", folder, "--json", "--log", bench.folder / f"{name}.log", "--pcrs",
                                     bench.folder / f"{name}.pcrs", *more)
    return status, json.loads(out) if status == 0 else None, said


def test_efi_file_started_by_the_firmware(bench):
    ours = bench.build("built-in", "--uki", "--cmdline", BUILT_IN)
    seen = bench.start_medium(ours / "remint.efi")
    status, verdict, said = judged(bench, ours, seen, "medium")
    assert status == 0, said
    assert seen.cmdline == f"lockdown=integrity module.sig_enforce=1 {BUILT_IN}" == verdict["cmdline"]
    assert (verdict["form"], verdict["secure_boot"], verdict["loaders"]) == ("efi", "off", [])
    others = {"console=ttyS0,115200 loglevel=3": "differs in .cmdline", BUILT_IN: "differs in .initrd"}
    for cmdline, words in others.items():
        other = bench.build(words.replace(" ", "-"), "--uki", "--cmdline", cmdline, mark="#" if cmdline == BUILT_IN else "")
        status, _, said = judged(bench, other, seen, "medium")
        assert status == 1 and "PCR 4: another program was started" in said and words in said
    forged = seen
    forged.pcrs[11] = "00" * 32
    status, _, said = judged(bench, ours, forged, "forged")
    assert status == 1 and "PCR 11: the TPM holds 0000" in said


def test_command_line_that_a_boot_loader_passes(bench):
    ours = bench.build("passed", "--uki")
    seen = bench.start_network(ours, f"kernel @URL@/remint.efi console=ttyS0,115200 {HINT} module.sig_enforce=0\nboot\n")
    assert "module.sig_enforce=0" in seen.cmdline
    status, _, said = judged(bench, ours, seen, "network")
    assert status == 1 and 'PCR 12: the command line has "module.sig_enforce=0"' in said
