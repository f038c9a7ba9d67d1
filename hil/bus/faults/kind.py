"""What every kind of fault is: a frozen struct, named by its catalogue id, that knows no key but its own."""

from typing import ClassVar

import msgspec


class Kind(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fault"):
    """A kind of fault and its parameters; `loses`: it can leave fewer bytes than there were."""

    loses: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Its catalogue id."""
        tag = type(self).__struct_config__.tag
        return str(tag)
