"""The words of signing in and out, in each of the console's languages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.console.client.session import SignInProblem
from inspection.access.rights import Proof, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWords:
    """One language. A ``{name}`` in a text is filled in by the pad."""

    sign_in: str
    sign_out: str
    signed_out: str
    """On the header's button, after a session ended by itself."""
    no_users: str
    """On the header's button, while the record knows no user."""
    who: str
    name: str
    """In the empty line for a name."""
    proofs: Mapping[Proof, str]
    here: str
    first_day: str
    """That the line is run without a sign-in, and until when."""
    to_do: str
    """What waits for somebody who may do it."""
    leaving: str
    """On the header's button: who is signed out in so many seconds."""
    looking: str
    cancel: str
    delete: str
    roles: Mapping[Role, str]
    problems: Mapping[SignInProblem, str]


SIGN_IN_EN: Final = SignInWords(
    sign_in="Sign in",
    sign_out="Sign out",
    signed_out="Signed out",
    no_users="No users",
    who="Who are you?",
    name="Name",
    proofs={Proof.PIN: "PIN", Proof.PASSWORD: "Password"},
    here="{user}, {role}, has signed in by {proof}",
    first_day="The record knows no user yet: the line is started without a sign-in, and on record by this "
    "console's name. That ends with the first user (passgate user add).",
    to_do="Waiting: {why}. It is done after the sign-in.",
    leaving="{user}: {n} s",
    looking="One moment …",
    cancel="Cancel",
    delete="Delete",
    roles={
        Role.OPERATOR: "operator",
        Role.QUALITY: "quality",
        Role.MAINTENANCE: "maintenance",
        Role.ADMINISTRATOR: "administrator",
    },
    problems={
        SignInProblem.REFUSED: "Not signed in: {why}",
        SignInProblem.UNREACHABLE: "Not signed in: the engine cannot be reached",
        SignInProblem.FAILED: "Not signed in: the engine has not answered. Try again",
    },
)
SIGN_IN_ZH: Final = SignInWords(
    sign_in="登录",
    sign_out="退出登录",
    signed_out="已退出登录",
    no_users="尚无用户",
    who="请选择用户",
    name="用户名",
    proofs={Proof.PIN: "PIN 码", Proof.PASSWORD: "密码"},
    here="{user}（{role}）已登录，凭{proof}",
    first_day="记录中尚无用户：无须登录即可启动产线，并以本控制台名义记录。"
    "用 passgate user add 添加首位用户后不再如此。",
    to_do="等待中：{why}。登录后即执行。",
    leaving="{user}：{n} 秒",
    looking="请稍候…",
    cancel="取消",
    delete="删除",
    roles={
        Role.OPERATOR: "操作员",
        Role.QUALITY: "质量工程师",
        Role.MAINTENANCE: "维护人员",
        Role.ADMINISTRATOR: "管理员",
    },
    problems={
        SignInProblem.REFUSED: "未登录：{why}",
        SignInProblem.UNREACHABLE: "未登录：无法连接引擎",
        SignInProblem.FAILED: "未登录：引擎没有应答，请重试",
    },
)
