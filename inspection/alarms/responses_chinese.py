"""What each alarm means and what to do, in Chinese."""

from collections.abc import Mapping
from typing import Final

from inspection.alarms.catalogue import AlarmCode

CHINESE_RESPONSES: Final[Mapping[AlarmCode, tuple[str, str]]] = {
    AlarmCode.LINE_HALTED: (
        "产线已停，在有人查看之前不再接收工件。",
        "按文字说明处理，查看相机之后的工件，然后在 PLC 上复位。",
    ),
    AlarmCode.PARTS_MISSED: (
        "有工件未经检测通过相机；它们已被分流，并记录为漏检。",
        "请人工检查这些工件。若再次出现，请通知维护人员。",
    ),
    AlarmCode.PLC_RESTARTED: (
        "PLC 已重新启动，当时在传送带上的工件无法区分。",
        "将相机之后的工件作为未检测工件取下。",
    ),
    AlarmCode.SECOND_ENGINE: (
        "另一套检测程序想接管此 PLC，已自行退出；本程序照常运行。",
        "请通知维护人员：另一套程序的地址有误，或被启动了两次。",
    ),
    AlarmCode.NO_PICTURE: (
        "相机没有图像：所有工件转人工复核。",
        "检查相机的电缆和电源。若持续存在，请通知维护人员。",
    ),
    AlarmCode.BAD_PICTURE: (
        "有图像不适合判定：该工件转人工复核。",
        "检查光源、镜头、对焦和相机电缆。",
    ),
    AlarmCode.PICTURES_DRIFT: (
        "工件仍能通过，但图像已与示教时不同；良品可能很快会被剔除。",
        "检查文字所指：灯、曝光、对焦、镜头、夹具；然后通知质量工程师。",
    ),
    AlarmCode.INSPECTION_FAILED: (
        "模型无法判定：工件转人工复核。",
        "请等待数秒，它会自动重启。若持续存在，请通知维护人员。",
    ),
    AlarmCode.INSPECTION_LATE: (
        "有判定超过时限：该工件未被放行。",
        "若再次出现，请通知质量工程师。",
    ),
    AlarmCode.TYPES_UNHEARD: (
        "配方要求的缺陷类型，此模型叫不出名称。",
        "请通知质量工程师：需要修改配方的规则或更换模型。",
    ),
    AlarmCode.GAUGES_LATE: (
        "仪表未能及时读出：该工件转人工复核。",
        "若再次出现，请通知质量工程师。若读表程序挂起，请在停线间隙重启引擎。",
    ),
    AlarmCode.NOT_RECORDED: (
        "发生的事情未能写入记录，因此产线不再接收工件。",
        "检查记录所在的磁盘：空间、权限、电缆。恢复后产线自动继续。",
    ),
    AlarmCode.PICTURE_NOT_KEPT: (
        "有图像未存入档案：该工件转人工复核。",
        "在记录的磁盘上腾出空间；若磁盘无响应，请检查磁盘。",
    ),
    AlarmCode.STORE_DEGRADED: (
        "数据库不接收记录，记录暂存在磁盘缓冲中；目前没有丢失。",
        "在缓冲写满之前检查数据库及其磁盘：写满后不再接收工件。",
    ),
    AlarmCode.RECORD_LATE: (
        "写入记录的时间超过了工件可等待的时间：该工件未被放行。",
        "若再次出现，请检查还有什么在占用记录的磁盘。",
    ),
    AlarmCode.RECORD_BEGAN: (
        "记录从此处开始：之前的内容不在其中。",
        "若这不是新的记录，请通知维护人员：可能是文件夹有误或恢复了旧备份。",
    ),
    AlarmCode.PICTURES_NOT_RETIRED: (
        "旧图像无法删除，磁盘会逐渐占满。",
        "请将已结束的班次签字。若持续存在，请通知维护人员。",
    ),
    AlarmCode.PICTURES_SILENT: (
        "图像磁盘没有响应：工件转人工复核，记录中没有图像。",
        "检查该磁盘，或到该磁盘的网络。",
    ),
    AlarmCode.RECORD_NOT_KEPT_UP: (
        "记录自身的维护失败；工件照常记录。",
        "按文字说明检查记录文件夹的权限和空间。若文字说记录已损坏，请通知质量人员。",
    ),
    AlarmCode.REPORT_NOT_WRITTEN: (
        "班次已结束，但报告未能写出；数据都在记录中。",
        "处理文字所指的问题；也可在命令行手动生成。",
    ),
    AlarmCode.PLANT_REFUSES: (
        "工厂数据库不接收某一行，其后的数据在本机等待；没有丢失。",
        "请通知维护人员：在命令行可查看是哪一行以及原因。",
    ),
    AlarmCode.RELEASED_WITHOUT_PASS: (
        "PLC 放行了一个未判合格的工件。",
        "将该工件从产线上取下并通知维护人员，之后才可复位。",
    ),
    AlarmCode.OUTCOME_UNKNOWN: (
        "PLC 没有报告某些工件的去向。",
        "请找到它们：在最近工件中标为“未确认”。",
    ),
    AlarmCode.INTERNAL: (
        "检测程序自身的故障；所涉工件转人工复核。",
        "保留日志并通知维护人员。若再次出现，请暂停产线。",
    ),
    AlarmCode.CHALLENGE_DUE: (
        "须用验证件证明工位仍能看清；在此之前没有工件通过。",
        "清空传送带，并启动验证。",
    ),
    AlarmCode.CHALLENGE_OVERDUE: (
        "验证逾期过久，没有工件通过。",
        "清空传送带，进行验证；若有提示，请通知质量部门。",
    ),
    AlarmCode.CHALLENGE_FAILED: (
        "验证件没有得到应有的结果：工位看不到该看到的东西。没有工件通过。",
        "扣留上次验证以来通过的工件，并通知质量工程师。",
    ),
}
