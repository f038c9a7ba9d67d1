"""What can be wrong with a serial line, and what a person can do to find out."""

import enum


class Cause(enum.Enum):
    """The causes that the doctor knows.

    SWAPPED_WIRES: A and B exchanged, at the adapter or at the device. WRONG_SPEED: the device runs at another speed.
    WRONG_FORMAT: the speed is right, parity or stop bits are not. NO_TERMINATION: reflections, since a terminator is
    missing. NO_BIAS: nothing holds the idle pair at mark, so it picks up junk around turnarounds. ECHO: the adapter
    hears what it sends itself; harmless to this agent. DUPLICATE_ADDRESS: two devices answer to one address.
    SECOND_MASTER: somebody else asks on this bus. DEAD_DEVICE: no power, hung, or nobody has this address.
    SLOW_DEVICE: it answers, but later than its profile says. CUT_WIRE: the pair, or one direction of it, does not
    reach the device (cut, loose or shorted). DRIVE_NOISE: pulses couple into the pair, mostly while the drive runs.
    """

    SWAPPED_WIRES = "swapped_wires"
    WRONG_SPEED = "wrong_speed"
    WRONG_FORMAT = "wrong_format"
    NO_TERMINATION = "no_termination"
    NO_BIAS = "no_bias"
    ECHO = "echo"
    DUPLICATE_ADDRESS = "duplicate_address"
    SECOND_MASTER = "second_master"
    DEAD_DEVICE = "dead_device"
    SLOW_DEVICE = "slow_device"
    CUT_WIRE = "cut_wire"
    DRIVE_NOISE = "drive_noise"


class Hand(enum.Enum):
    """What a person may be asked to do, once each; after it the doctor measures again.

    SWAP_WIRES: exchange A and B at the adapter. SWAP_AT_DEVICE: exchange them at the device that is asked.
    FIT_TERMINATOR: 120 Ohm across each far end. FIT_BIAS: resistors that hold the idle pair apart, or the adapter's
    switch for them. STOP_DRIVE: stand the lift still with its drive off. REMOVE_DEVICE: take the device that is asked
    off the bus (its wires or its power), leaving everything else. CONNECT_DIRECTLY: join adapter and device with a
    short cable of their own, past the installed wiring, A to A and B to B. PUT_BACK: undo what seemed to help, to see
    whether the silence comes back: a device may also have come back by itself meanwhile.
    """

    SWAP_WIRES = "swap_wires"
    SWAP_AT_DEVICE = "swap_at_device"
    FIT_TERMINATOR = "fit_terminator"
    FIT_BIAS = "fit_bias"
    STOP_DRIVE = "stop_drive"
    REMOVE_DEVICE = "remove_device"
    CONNECT_DIRECTLY = "connect_directly"
    PUT_BACK = "put_back"
