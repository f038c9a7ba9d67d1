"""The questions of `profile new`, and what it says in between, in both languages."""

from collections.abc import Mapping
from typing import Final

from protocols.language import pick
from protocols.upstream.messages import Text

WORDS: Final[Mapping[str, Text]] = {
    "begin": Text(
        "按手册逐项回答; 空行取方括号内的默认值; Ctrl-C 结束, 已完成的行会保存",
        "Answer from the manual. An empty line takes what is in [ ]; Ctrl-C ends, and rows given until then are kept.",
    ),
    "name": Text("配置名称 (小写字母, 数字, -)", "Name of the profile (small letters, digits, -)"),
    "title": Text("设备名称 (英文)", "What the device is called"),
    "title_zh": Text("设备名称 (中文)", "The same in Chinese"),
    "choice": Text("  {number} {key}: {title}", "  {number} {key}: {title}"),
    "kind": Text("设备种类", "What it is in the lift"),
    "tier": Text("寄存器表的依据", "How good the map is"),
    "source": Text("资料名称, 版本, 章节", "Where it is from: title, edition, chapter"),
    "slave": Text("从站地址 (1 到 247, 十六进制写 18h)", "Slave address (1 to 247; hexadecimal as 18h)"),
    "line": Text(
        "线路参数, 出厂值在前 (如 9600 8N1, 19200 8N1)", "Line, the delivered one first (9600 8N1, 19200 8N1)"
    ),
    "functions": Text(
        "读功能码 (3 保持, 4 输入寄存器, 1 线圈, 2 离散输入)",
        "Read functions (3 holding, 4 input, 1 coils, 2 discretes)",
    ),
    "max_regs": Text("一次最多读取的寄存器数", "Registers in one answer, at most"),
    "base": Text(
        "手册中第一个寄存器的编号: 0, 1, 40000 或 40001",
        "The manual's number for the first register: 0, 1, 40000, 40001",
    ),
    "errors": Text("对错误请求的反应", "How it answers a wrong request"),
    "latency_ms": Text("应答延迟上限, 毫秒", "An answer begins after at most, in ms"),
    "comm_loss": Text("通信中断时设备的反应", "What the device does when nobody asks any more"),
    "comm_loss_effect": Text("对电梯的影响", "What that means for the lift"),
    "address": Text("第 {number} 行: 手册中的地址 (空: 结束)", "Row {number}: address in the manual (empty: no more)"),
    "function": Text("用哪个功能码读", "Which function reads it"),
    "bits": Text(
        "哪些位 (all, 5, 8-15, hi, lo; x2: 两个寄存器)", "Which bits (all, 5, 8-15, hi, lo; x2: two registers)"
    ),
    "order": Text("哪个字在前 (high, low; ?: 未说明)", "Which of them comes first (high, low; ?: not stated)"),
    "pair": Text("高位字的权 (65536 或 10000)", "What the upper one counts (65536 or 10000)"),
    "what": Text(
        "含义 (编号或关键词; raw: 只显示; faults: 故障; ?: 列表)",
        "What it is (number or word of an item; raw; faults; ?: list)",
    ),
    "item": Text("  {number} {item}: {title}", "  {number} {item}: {title}"),
    "found": Text("  -> {item}", "  -> {item}"),
    "true_is": Text("哪个值表示 '是' (1 或 0)", "Which raw value means yes (1 or 0)"),
    "meanings": Text("各值的含义 (如 {example}; 可用: {words})", "What the values mean (as {example}; words: {words})"),
    "another": Text("这些位还表示什么 (空: 没有)", "What else the same bits tell (empty: nothing)"),
    "scale": Text("乘以多少得 {unit} (未说明: raw)", "Times what it is in {unit} (not stated: raw)"),
    "raw_scale": Text("乘以多少 (未说明: raw)", "Times what (not stated: raw)"),
    "unit": Text("单位 (空: 无)", "Unit (empty: none)"),
    "signed": Text("有符号 (y 或 n)", "Can it be negative (y or n)"),
    "coding": Text("故障如何编码", "How the faults are coded"),
    "fault": Text(
        "故障: 编号 名称 英文|中文 (空: 结束)",
        "Fault: NUMBER NAME TITLE, as 30 door.blocked door blocked (empty: no more)",
    ),
    "row_name": Text("行名", "Name of the row"),
    "doubt": Text("手册有何疑问 (空: 没有)", "What the manual leaves in doubt (empty: nothing)"),
    "row_again": Text("  ! {why}; 请重新输入这一行", "  ! {why}; give the row again"),
    "bad": Text("  ! {why}", "  ! {why}"),
    "identity": Text(
        "表明型号的行: 行名 值 值... (空: 没有)", "A row that tells the type: NAME VALUE VALUE... (empty: none)"
    ),
    "deny": Text(
        "禁止访问: 地址 个数 原因 (空: 结束)",
        "Never to be touched: ADDRESS COUNT WHY, as 1004h 1 commands (empty: no more)",
    ),
    "frames": Text(
        "手册中的示例帧: 请求 = 应答 (空: 结束)", "Frames the manual prints: REQUEST = ANSWER (empty: no more)"
    ),
    "elsewhere": Text("写不了 {file}: {why}; 另取文件名", "{file} cannot be written: {why}; another file name"),
    "written": Text(
        "{file}: 已写入, 行数 {rows}, 区段 {blocks}; 未在实物上验证",
        "{file}: written; rows: {rows}, ranges: {blocks}; nothing tried on hardware yet",
    ),
    "cut_short": Text(
        "中断: 已保存完成的行, 其余 (禁止访问表等) 请在文件中补充",
        "interrupted: the rows given until then are kept; add the rest, and what must not be touched, in the file",
    ),
    "nothing_kept": Text(
        "中断: 一行也没有完成, 未写入文件", "interrupted before a row was complete; nothing was written"
    ),
    "next": Text(
        "下一步:\n  liftwarden profile check {file}\n  liftwarden profile try {file} --port /dev/ttyUSB0",
        "next:\n  liftwarden profile check {file}\n  liftwarden profile try {file} --port /dev/ttyUSB0",
    ),
}

TIERS: Final[Mapping[str, Text]] = {
    "manual": Text("厂家手册", "the maker's manual"),
    "code": Text("公开代码", "published code"),
    "family": Text("同系列产品", "a sibling model's map"),
    "unverified": Text("未证实", "hearsay"),
}
ERRORS: Final[Mapping[str, Text]] = {
    "exception": Text("回异常码", "with an exception"),
    "silence": Text("不应答", "not at all"),
}
LOSSES: Final[Mapping[str, Text]] = {
    "none": Text("无影响", "nothing"),
    "unknown": Text("未说明", "the manual does not say"),
    "trip": Text("停机", "it trips"),
    "lock": Text("锁梯", "it locks the lift"),
}
CODINGS: Final[Mapping[str, Text]] = {
    "bits": Text("每位一个故障", "a bit for each"),
    "code": Text("一个编号, 0 为无", "one number, 0 for none"),
    "code_sub": Text("编号 x 100 + 子码", "number x 100 + a sub-code"),
}
EFFECTS: Final[Mapping[str, Text]] = {
    "none": Text("无影响", "none: the lift does not depend on it"),
    "unknown": Text("手册未说明; 须现场确认", "not stated in the manual; find out on site before it is polled"),
}
"""What comm_loss_effect says if nobody says more."""


def word(name: str, lang: str, /, **facts: object) -> str:
    """One of WORDS with its facts filled in."""
    return pick(WORDS[name], lang).format(**facts)
