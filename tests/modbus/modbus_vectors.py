"""Frames that others printed, captured or computed, with the source each stands in.

Keys as in the profiles' `sources`: S-CHV INVT CHV180 manual; S-HD5 HPMONT HD5L manual; S-EV Emerson EV3200 manual;
S-EB Delta EB3000 manual; S-YAS Yaskawa A1000 manual; S-STM STM32 lift sensor terminal firmware; S-SDK TechWind SDK-500
manual; S-MONT an IoT server that reads HPMONT MONT70/71. "C" marks frames whose CRC was computed when the register
maps were collected. S-BEAGLE: a capture in the beagleboard mailing list, 2016-12-12.
"""

from protocols.modbus.pdu import ReadFunction, ReadRequest

HOLDING, INPUT = ReadFunction.HOLDING, ReadFunction.INPUT

READS = {
    "F7 03 00 10 00 13 11 54": ReadRequest(0xF7, HOLDING, 0x0010, 19),  # S-STM, C
    "01 03 10 01 00 01 D1 0A": ReadRequest(1, HOLDING, 0x1001, 1),  # S-CHV, C
    "01 03 30 00 00 10 4B 06": ReadRequest(1, HOLDING, 0x3000, 16),  # S-CHV, C
    "02 03 C8 00 00 27 3B 83": ReadRequest(2, HOLDING, 0xC800, 39),  # S-MONT, C
    "01 03 33 04 00 04 0A 8C": ReadRequest(1, HOLDING, 0x3304, 4),  # S-HD5, C
    "01 03 33 29 00 01 5A 86": ReadRequest(1, HOLDING, 0x3329, 1),  # S-HD5, C
    "01 03 21 02 00 02 6F F7": ReadRequest(1, HOLDING, 0x2102, 2),  # S-EB
    "02 03 00 20 00 04 45 F0": ReadRequest(2, HOLDING, 0x0020, 4),  # S-YAS
    "01 03 00 02 00 01 25 CA": ReadRequest(1, HOLDING, 0x0002, 1),  # S-EV
    "01 03 33 05 00 01 9B 4F": ReadRequest(1, HOLDING, 0x3305, 1),  # S-EV
    "18 03 00 01 00 07 57 C1": ReadRequest(0x18, HOLDING, 0x0001, 7),  # S-SDK, C
    "01 04 00 00 00 01 31 CA": ReadRequest(1, INPUT, 0x0000, 1),  # S-BEAGLE
}

ANSWERS = {
    "01 03 04 17 70 00 00 FE 5C": ("01 03 21 02 00 02 6F F7", (0x1770, 0)),  # S-EB: 60.00 Hz
    "01 03 02 00 00 B8 44": ("01 03 00 02 00 01 25 CA", (0,)),  # S-EV
    "01 03 02 01 47 F9 E6": ("01 03 33 05 00 01 9B 4F", (327,)),  # S-EV: 327 V
    "01 04 02 01 3E 39 70": ("01 04 00 00 00 01 31 CA", (0x013E,)),  # S-BEAGLE, behind a 00h
}

WRITES = (
    "02 06 00 04 13 88 C5 6E",  # S-CHV
    "05 06 00 02 00 03 69 8F",  # S-EV
)
WRITE_ANSWERS = ("05 10 01 01 00 02 10 70",)  # S-EV

FRAMES = tuple(bytes.fromhex(text) for text in (*READS, *ANSWERS, *WRITES, *WRITE_ANSWERS))
