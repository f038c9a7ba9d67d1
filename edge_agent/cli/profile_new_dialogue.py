"""From the first question to the last: what the options say is not asked, everything else is."""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from edge_agent.cli import profile_new_notation as read
from edge_agent.cli.profile_new_ask import Asker, Parse, all_given, given, or_end
from edge_agent.cli.profile_new_draft import SOURCE_KEYS, Draft, complaints
from edge_agent.cli.profile_new_line import with_line
from edge_agent.cli.profile_new_notation import BadAnswer
from edge_agent.cli.profile_new_rows import CHOICES, ask_choice, ask_row
from edge_agent.cli.profile_new_words import EFFECTS
from edge_agent.cli.profile_new_yaml import to_yaml
from protocols.nearest import hint
from protocols.profiles.loader import profile_names
from protocols.profiles.schema import Behaviour, CommLoss, DeviceKind, Identity, OnError, Profile, Tier, Vector
from protocols.upstream.messages import Text

T = TypeVar("T")
_DEFAULT_REGS: Final = "16"
_DEFAULT_LATENCY_MS: Final = "50"


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the options say; None, or nothing in a list, has to be asked."""

    name: str | None = None
    title: str | None = None
    title_zh: str | None = None
    kind: str | None = None
    tier: str | None = None
    source: str | None = None
    slave: str | None = None
    line: str | None = None
    functions: str | None = None
    max_regs: str | None = None
    base: str | None = None
    errors: str | None = None
    latency_ms: str | None = None
    comm_loss: str | None = None
    comm_loss_effect: str | None = None
    row: Sequence[str] = ()
    fault: Sequence[str] = ()
    identity: str | None = None
    deny: Sequence[str] = ()
    frames: Sequence[str] = ()


def parse_name(text: str) -> str:
    """A profile's name that is not taken: a file of one's own would hide the known one."""
    name = read.profile_name(text)
    if name in profile_names():
        raise BadAnswer(f"{name} is a known profile's name, and yours would hide it; choose another")
    return name


class Dialogue:
    """One new profile. `draft` is what is known so far, None before the head is complete."""

    def __init__(self, asker: Asker, said: Said) -> None:
        self._asker = asker
        self._said = said
        self.draft: Draft | None = None

    def run(self) -> Draft:
        """Every question. Raises EOFError or KeyboardInterrupt, with the rows until then in `draft`."""
        draft = self.draft = self._head()
        self.draft = self._rows(draft)
        self.draft = self._tail(self.draft)
        return self.draft

    def _answer(self, name: str, parse: Parse[T], default: str | None = None) -> T:
        text: str | None = getattr(self._said, name)
        if text is not None:
            return given(f"--{name.replace('_', '-')}", text, parse)
        if name in CHOICES and default is not None:
            return parse(ask_choice(self._asker, name, default))
        return self._asker.ask(name, parse, default)

    def _choice(self, name: str, default: str) -> str:
        return self._answer(name, lambda text: read.choice(text, dict.fromkeys(CHOICES[name], "")), default)

    def _head(self) -> Draft:
        name = self._answer("name", parse_name)
        title = self._answer("title", read.some_text)
        title_zh = self._answer("title_zh", read.some_text, title)
        kind = DeviceKind(self._choice("kind", "controller"))
        tier = Tier(self._choice("tier", "manual"))
        source = self._answer("source", read.some_text)
        slave = self._answer("slave", lambda text: read.within(text, 1, 247), "1")
        line = self._answer("line", read.lines, "9600 8N1")
        functions = self._answer("functions", read.functions, "3")
        max_regs = self._answer("max_regs", lambda text: read.within(text, 1, 125), _DEFAULT_REGS)
        base = self._answer("base", lambda text: read.one_of(text, {one.value: one for one in read.Base}), "0")
        errors = OnError(self._choice("errors", "exception"))
        latency_ms = self._answer("latency_ms", read.milliseconds, _DEFAULT_LATENCY_MS)
        loss = CommLoss(self._choice("comm_loss", "unknown"))
        profile = Profile(
            name=name,
            title=Text(title_zh, title),
            kind=kind,
            tier=tier,
            hardware_verified=False,
            sources={SOURCE_KEYS[tier]: source},
            slave=slave,
            line=line,
            functions=functions,
            max_regs=max_regs,
            behaviour=Behaviour(errors=errors, latency_ms=latency_ms),
            comm_loss=loss,
            comm_loss_effect=self._effect(loss),
            blocks=(),
            rows=(),
        )
        draft = Draft(profile, base)
        return draft.with_faults(all_given("--fault", self._said.fault, read.fault))

    def _effect(self, loss: CommLoss) -> Text:
        if self._said.comm_loss_effect is None and loss.value in EFFECTS:
            return EFFECTS[loss.value]
        effect = self._answer("comm_loss_effect", read.some_text)
        return Text(effect, effect)

    def _rows(self, draft: Draft) -> Draft:
        if self._said.row:
            for line in self._said.row:
                draft = given("--row", line, _onto(with_line, draft))
            return draft
        asker = self._asker.patient()
        while True:
            try:
                more = ask_row(asker, draft)
            except BadAnswer as error:
                asker.say("row_again", why=error)
                continue
            if more is None:
                return draft
            draft = self.draft = more

    def _tail(self, draft: Draft) -> Draft:
        identity = self._answer("identity", lambda text: _identity(text, draft), "")
        draft = draft if identity is None else draft.changed(identity=(identity,))
        draft = self._each("deny", self._said.deny, _with_denied, draft)
        return self._each("frames", self._said.frames, _with_frames, draft)

    def _each(self, name: str, said: Sequence[str], add: Callable[[str, Draft], Draft], draft: Draft) -> Draft:
        """Everything that an option or the answers add, until an empty answer."""
        for text in said:
            draft = given(f"--{name}", text, _onto(add, draft))
        while not said:
            self.draft = draft
            more = self._asker.ask(name, or_end(_onto(add, draft)), "")
            if more is None:
                break
            draft = more
        return draft


def _onto(add: Callable[[str, Draft], Draft], draft: Draft) -> Parse[Draft]:
    return lambda text: add(text, draft)


def _identity(text: str, draft: Draft) -> Identity | None:
    """ "product 3200 3201" or "product 3200-3299": a row and the raw values that are right."""
    if not text:
        return None
    name, *values = text.split()
    names = [row.name for row in draft.profile.rows]
    if name not in names:
        raise BadAnswer(f"no row {name}; {hint(name, names)}")
    if len(values) == 1 and "-" in values[0]:
        least, _, most = values[0].partition("-")
        return _checked_identity(Identity(row=name, within=(read.number(least), read.number(most))), draft)
    if not values:
        raise BadAnswer(f"which raw values of {name} are right? write them behind it, as in {name} 3200-3299")
    return _checked_identity(Identity(row=name, expect=tuple(map(read.number, values))), draft)


def _checked_identity(identity: Identity, draft: Draft) -> Identity:
    _checked(draft.changed(identity=(identity,)))
    return identity


def _with_denied(text: str, draft: Draft) -> Draft:
    denied = read.denied(text, draft.base)
    return _checked(draft.changed(deny=(*draft.profile.deny, denied)))


def _with_frames(text: str, draft: Draft) -> Draft:
    """ "18 03 00 01 00 07 57 C1" alone, or with "= its answer"."""
    request, answered, reply = text.partition("=")
    vector = Vector(request=read.frame(request), reply=read.frame(reply) if answered else None, status=draft.mark)
    return _checked(draft.changed(vectors=(*draft.profile.vectors, vector)))


def _checked(draft: Draft) -> Draft:
    """Raises BadAnswer if the file would not be good."""
    for complaint in complaints(to_yaml(draft)):
        raise BadAnswer(complaint)
    return draft
