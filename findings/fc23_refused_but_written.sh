#!/usr/bin/env bash
# A Modbus server that refuses function 23 may have written all the same.
#
# Seen with     pymodbus 3.16.1 and pyModbusTCP 0.3.1 (PyPI), Python 3.11, Linux, November 2026.
# The question  Function 23 (read/write multiple registers) writes first, then reads. It is asked to write register 100,
#               which exists, and to read register 60000, which does not.
# Behaviour     Both servers answer with exception 2 (illegal data address), and register 100 holds the new value.
#               The state diagram of the specification (V1.1b3, 6.17) checks both ranges first. libmodbus 3.1.6 (not on PyPI, so not run here) does so: the
#               same exception, and nothing is written.
# Why it hurts  A client that takes the exception for "nothing happened" is wrong about the PLC's registers.
#
# Output seen:
#   pymodbus 3.16.1: answered 97 02, register 100 was 0 and is 4711
#   pyModbusTCP 0.3.1: answered 97 02, register 100 was 0 and is 4711
#
# usage: findings/fc23_refused_but_written.sh      Exit code 0: as described; 1: it has changed; 2: it could not be run.
set -u
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
{ python3 -m venv "$work/venv" && "$work/venv/bin/pip" install --quiet --disable-pip-version-check \
    pymodbus==3.16.1 pyModbusTCP==0.3.1; } || { echo "the pinned packages cannot be installed"; exit 2; }
cat >"$work/ask.py" <<'PY'
import asyncio
import socket
import struct
import sys

READ_BEYOND = bytes((23,)) + struct.pack(">HHHHBH", 60000, 1, 100, 1, 2, 4711)
READ_100 = bytes((3,)) + struct.pack(">HH", 100, 1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, pdu):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(struct.pack(">HHHB", 0x8101, 0, len(pdu) + 1, 1) + pdu)
        header = connection.recv(7, socket.MSG_WAITALL)
        return connection.recv(int.from_bytes(header[4:6], "big") - 1, socket.MSG_WAITALL)


def look(name, port):
    """True where it is refused and written all the same."""
    was = int.from_bytes(ask(port, READ_100)[2:4], "big")
    answer = ask(port, READ_BEYOND)
    now = int.from_bytes(ask(port, READ_100)[2:4], "big")
    print(f"{name}: answered {answer.hex(' ')}, register 100 was {was} and is {now}")
    return (answer, was, now) == (b"\x97\x02", 0, 4711)


async def with_pymodbus():
    import pymodbus
    from pymodbus.server import ModbusTcpServer
    from pymodbus.simulator import DataType, SimData, SimDevice

    registers = SimData(0, values=[0] * 200, datatype=DataType.REGISTERS)
    port = free_port()
    server = ModbusTcpServer(SimDevice(id=0, simdata=[registers]), address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    try:
        return await asyncio.to_thread(look, f"pymodbus {pymodbus.__version__}", port)
    finally:
        await server.shutdown()


def with_pymodbustcp():
    from importlib.metadata import version

    from pyModbusTCP.server import DataBank, ModbusServer

    port = free_port()
    server = ModbusServer("127.0.0.1", port, no_block=True, data_bank=DataBank(h_regs_size=200))
    server.start()
    try:
        return look(f"pyModbusTCP {version('pyModbusTCP')}", port)
    finally:
        server.stop()


as_described = [asyncio.run(with_pymodbus()), with_pymodbustcp()]
if not all(as_described):
    print("this has changed")
sys.exit(not all(as_described))
PY
timeout 60 "$work/venv/bin/python" "$work/ask.py"
code=$?
[ "$code" -le 1 ] && exit "$code"
exit 2
