"""The sentences about people, their rights and their signatures in Chinese."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.codes import Code

PEOPLE: Final[Mapping[str, str]] = {
    Code.USER_ADDED: "已添加用户 {user}，角色：{role:term}",
    Code.FIRST_ADMINISTRATOR: "已在本机添加首位管理员 {user}（系统登录名 {login}）",
    Code.USER_DISABLED: "用户 {user} 已停用",
    Code.ROLE_CHANGED: "用户 {user} 的角色由{before:term}改为{role:term}",
    Code.PASSWORD_CHOSEN: "用户 {user} 已设置自己的密码",
    Code.PASSWORD_GIVEN: "已为用户 {user} 设置临时密码，须由本人更换；原 PIN 码作废",
    Code.PIN_CHOSEN: "用户 {user} 已设置自己的 PIN 码",
    Code.SIGNED_IN: "已登录，凭{proof:term}",
    Code.SIGN_IN_WRONG: "用户名或{proof:term}错误",
    Code.SIGN_IN_DISABLED: "用户 {user} 已停用",
    Code.SIGN_IN_LOCKED: "登录失败 {failures} 次，锁定 {wait_s} 秒",
    Code.PIN_USED_UP: "登录失败 {failures} 次，PIN 码暂停使用，须先用密码登录",
    Code.PASSWORD_NOT_OWN: "此密码由他人设置，请先更换为自己的密码",
    Code.RIGHT_MISSING: "用户 {user}（{role:term}）凭{proof:term}无权进行此操作",
    Code.SHIFT_CLOSED: "{date} 班次 {shift} 的数据已锁定，校验值 {sha256}",
    Code.REPORT_SIGNED: "{user}（{role:term}）已签署 {date} 班次 {shift} 的报告，签署含义：{meaning:term}",
    Code.NOT_SIGNED: "{date} 班次 {shift} 的报告未能签署（{meaning:term}）",
    Code.SHIFT_RUNS: "按当前时钟 {now}，该班次要到 {end} 才结束",
    Code.SHIFT_UNPROVEN: "记录链已损坏，数据无法验证",
    Code.SHIFT_WAITS: "缓存中有记录等待写入，或缓存无法读取",
    Code.SHIFT_OPEN: "{n} 个工件尚无去向：{parts}",
    Code.SHIFT_UNCONFIRMED: "{n} 个工件去向未确认：{parts}",
    Code.SHIFT_LEFT_OUT: "时钟曾被回拨，该班次有 {n} 个工件落在班次时间之外",
    Code.SHIFT_OVERLAPS: "与之重叠的 {other_date} 班次 {other} 已签署",
    Code.SIGNED_ALREADY: "{user} 已以“{meaning:term}”签署过",
    Code.SIGNS_OWN: "{user} 已以“{before:term}”签署；另有他人可签署时，编制者不得审核或批准自己的报告",
    Code.ADDED_SINCE: "首次签署后新增 {n} 条记录：{parts}",
    Code.CLOCK_BEFORE: "当前时钟为 {now}，早于前一签名的时间 {before}",
}
