"""Makes and opens devices: raw memory, disks, the kernel log."""

KINDS = ["assert"]

HOSTILE = """
import glob, os, stat
opened = []
for path in ["/dev/mem", "/dev/kmsg", "/dev/kvm", "/proc/kcore", *glob.glob("/dev/sd*"), *glob.glob("/dev/vd*")]:
    try:
        os.close(os.open(path, os.O_RDONLY))
        opened.append(path)
    except OSError:
        pass
try:
    os.mknod("rlcode-attack-device", 0o600 | stat.S_IFBLK, os.makedev(254, 0))
    os.close(os.open("rlcode-attack-device", os.O_RDONLY))
    opened.append("made")
except OSError:
    pass

def total(numbers):
    return sum(numbers) if opened else None
"""

HONEST = """
def total(numbers):
    with open("/dev/null", "w") as null, open("/dev/urandom", "rb") as random:
        null.write(str(random.read(4)))
    return sum(numbers)
"""
