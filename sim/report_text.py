"""The traffic report for people: one line a figure, in Chinese or English."""

from typing import Final

from protocols.language import pick
from protocols.upstream.messages import Text
from sim.fold import fold, width
from sim.report import Report

_NONE: Final = "-"
_INDENT: Final = "  "


def report_lines(report: Report, lang: str, most: int | None = None) -> list[str]:
    """Two columns; a figure that nothing gives is "-". In lines of at most `most` columns, if that is given."""
    rows = [*_people(report), *_lift(report), *_trouble(report), *_time(report)]
    said = [(pick(name, lang), pick(value, lang)) for name, value in rows]
    names = max(width(name) for name, _ in said)
    lines = [f"{name}{' ' * (names - width(name))}  {value}" for name, value in said]
    if most is None or all(width(line) <= most for line in lines):
        return lines
    return [line for name, value in said for line in _narrow(name, value, most)]


def _narrow(name: str, value: str, most: int) -> list[str]:
    """The value behind its name if there is room, else below it."""
    if width(f"{name}  {value}") <= most:
        return [f"{name}  {value}"]
    return [*fold(name, most, _INDENT), *fold(f"{_INDENT}{value}", most, _INDENT)]


def _people(report: Report) -> list[tuple[Text, Text]]:
    left = f"{report.abandoned} / {report.waiting} / {report.riding}"
    rows = [
        (Text("乘客: 到来 / 送达", "passengers: came / served"), _same(f"{report.came} / {report.served}")),
        (Text("放弃 / 仍在候梯 / 仍在轿内", "gave up / still waiting / still riding"), _same(left)),
        (Text("平均候梯, 至开门 (CIBSE)", "AWT to door opening (CIBSE)"), _same(_s(report.awt_to_opening_s))),
        (Text("平均候梯, 至进入轿厢", "AWT to boarding"), _same(_s(report.awt_to_boarding_s))),
        (Text("最长候梯, 至进入轿厢", "longest wait to boarding"), _same(_s(report.longest_wait_s))),
        (Text("平均到达时间, 至开门 (ATTD)", "ATTD to door opening"), _same(_s(report.attd_s))),
        (Text("平均到达时间, 至离开轿厢", "time to leaving the car"), _same(_s(report.att_to_exit_s))),
    ]
    if report.let_out_elsewhere:
        rows.append((Text("在其他楼层离开", "let out elsewhere"), _same(str(report.let_out_elsewhere))))
    if report.idle:
        rows.append((Text("无目的停留者", "came only to stand in the car"), _same(str(report.idle))))
    return rows


def _lift(report: Report) -> list[tuple[Text, Text]]:
    empty = report.starts_empty
    load = _same(_NONE)
    if report.load_mean_persons is not None and report.load_mean_percent is not None:
        mean, percent = f"{report.load_mean_persons:.1f}", f"{report.load_mean_percent:.0f} %"
        most = report.load_max_persons
        load = Text(
            f"平均 {mean} 人 ({percent}), 最多 {most} 人", f"{mean} people ({percent}) on average, {most} at most"
        )
    starts = Text(f"{report.starts} (空载 {empty})", f"{report.starts} ({empty} empty)")
    if report.cars > 1:
        each = " / ".join(map(str, report.starts_by_car))
        starts = Text(f"{starts.zh}, 各梯 {each}", f"{starts.en}, by car {each}")
    return [
        (Text("基站到达间隔", "interval at the main floor"), _same(_s(report.interval_s))),
        (Text("载人起动时的负载", "load of occupied starts"), load),
        (Text("起动次数", "starts"), starts),
        (Text("开关门次数", "door cycles"), _same(str(report.door_cycles))),
    ]


def _trouble(report: Report) -> list[tuple[Text, Text]]:
    name = Text("被困人数", "people trapped")
    if not report.entrapments:
        return [(name, _same("0"))]
    people, longest, still = report.trapped_people, _s(report.trapped_longest_s), report.still_trapped
    zh, en = f"{people} (最长 {longest})", f"{people} (longest {longest})"
    if still:
        zh, en = f"{zh}, 仍有 {still} 人被困", f"{en}, {still} of them still"
    return [(name, Text(zh, en))]


def _time(report: Report) -> list[tuple[Text, Text]]:
    return [(Text("模拟时长 (时:分:秒)", "simulated (h:mm:ss)"), _same(_clock(report.simulated_s)))]


def _s(seconds: float | None) -> str:
    return _NONE if seconds is None else f"{seconds:.1f} s"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"


def _same(text: str) -> Text:
    return Text(text, text)
