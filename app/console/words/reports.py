"""The words of the Report screen, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from inspection.access.rights import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportWords:
    """One language. A ``{name}`` in a text is filled in by the screen."""

    running: str
    """Of a shift that is not over."""
    unsigned: str
    signed: str
    """``{meaning}`` by ``{name}``."""
    unproven: str
    """Its signatures cannot be told."""
    loading: str
    none_found: str
    again: str
    making: str
    """The pages are being made."""
    touch_one: str
    save_as: str
    save_title: str
    fetching: str
    saved: str
    not_saved: str

    sign: str
    cannot_sign_running: str
    who: str
    password: str
    reason: str
    meanings: Mapping[Meaning, str]
    says: Mapping[Meaning, str]
    """What somebody says by it."""
    put: str
    back: str
    lacking: str
    signing: str
    is_signed: str


REPORTS_EN: Final = ReportWords(
    running="runs: provisional",
    unsigned="unsigned",
    signed="{meaning}: {name}",
    unproven="its signatures cannot be proven",
    loading="asking the record …",
    none_found="there is no shift on record",
    again="Ask again",
    making="the report is being made …",
    touch_one="Touch a shift",
    save_as="Save",
    save_title="Save the report",
    fetching="{form} is being made …",
    saved="saved: {path}",
    not_saved="not saved: {why}",
    sign="Sign",
    cannot_sign_running="a shift that runs is signed when it is over",
    who="Name",
    password="Password",  # noqa: S106  (a word)
    reason="What there is to say (asked for where something is not as it should be)",
    meanings={Meaning.WRITTEN: "Written", Meaning.REVIEWED: "Reviewed", Meaning.APPROVED: "Approved"},
    says={
        Meaning.WRITTEN: "I answer for this report.",
        Meaning.REVIEWED: "I have looked through it.",
        Meaning.APPROVED: "I agree with what it says of the shift.",
    },
    put="Put my signature on record",
    back="Back",
    lacking="name and password are asked for, each time",
    signing="the signature is being put on record …",
    is_signed="signed by {name}; signature {nth} below this report",
)
REPORTS_ZH: Final = ReportWords(
    running="进行中：临时数据",
    unsigned="未签署",
    signed="{meaning}：{name}",
    unproven="无法证明其签名",
    loading="正在查询记录……",
    none_found="记录中没有班次",
    again="重新查询",
    making="正在生成报告……",
    touch_one="请点选一个班次",
    save_as="保存",
    save_title="保存报告",
    fetching="正在生成 {form}……",
    saved="已保存：{path}",
    not_saved="未保存：{why}",
    sign="签署",
    cannot_sign_running="进行中的班次须在结束后签署",
    who="姓名",
    password="密码",  # noqa: S106
    reason="说明（有异常时必须填写）",
    meanings={Meaning.WRITTEN: "编写", Meaning.REVIEWED: "审阅", Meaning.APPROVED: "批准"},
    says={
        Meaning.WRITTEN: "我对本报告负责。",
        Meaning.REVIEWED: "我已通读本报告。",
        Meaning.APPROVED: "我同意报告对该班次的陈述。",
    },
    put="将我的签名记入记录",
    back="返回",
    lacking="每次都须输入姓名和密码",
    signing="正在记录签名……",
    is_signed="{name} 已签署；这是本报告的第 {nth} 个签名",
)
