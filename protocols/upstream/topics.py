"""The topics of one terminal: everything it says or hears lies under `liftwarden/v1/<terminal_id>/`.

A broker's access rule can so confine each terminal to its own subtree (`docs/mqtt.md`).
"""

from typing import Final

import msgspec

from protocols.upstream.messages import Stream

ROOT: Final = "liftwarden/v1"


class Topics(msgspec.Struct, frozen=True):
    """Where a terminal publishes and listens. Identifiers hold no `/`, `+` or `#`: the configuration sees to that."""

    terminal_id: str

    @property
    def base(self) -> str:
        """The terminal's own subtree."""
        return f"{ROOT}/{self.terminal_id}"

    @property
    def health(self) -> str:
        """Retained; also the last will."""
        return f"{self.base}/health"

    @property
    def command(self) -> str:
        """The only topic that comes down."""
        return f"{self.base}/cmd"

    @property
    def canary(self) -> str:
        """Under MQTT 3.1.1 the terminal publishes here to itself, to see whether the broker lets anything through."""
        return f"{self.base}/canary"

    def state(self, lift_id: str) -> str:
        """Latest value of one lift; retained."""
        return f"{self.base}/lift/{lift_id}/state"

    def numbered(self, lift_id: str, stream: Stream) -> str:
        """The alarm or event messages of one lift; never retained."""
        return f"{self.base}/lift/{lift_id}/{stream.value}"
