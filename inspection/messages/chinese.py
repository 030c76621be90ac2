"""The sentence of each code in Chinese, in the words of the field: 质检, 放行, 返工, 停线, 人工复核."""

from collections.abc import Mapping
from typing import Final

from inspection.messages.alarms import ALARM_TERMS, ALARMS_CHINESE
from inspection.messages.challenge import CHALLENGE_CHINESE
from inspection.messages.chinese_people import PEOPLE
from inspection.messages.codes import Code
from inspection.messages.reviews import REVIEWS_CHINESE

CHINESE_SENTENCES: Final[Mapping[str, str]] = {
    **CHALLENGE_CHINESE,
    **ALARMS_CHINESE,
    # --- whether the station takes parts ----------------------------------------------------------------
    Code.ENGINE_STOPPING: "引擎正在停止",
    Code.HELD_BY: "{by:who}已于 {since} 暂停工位",
    Code.HELD_AT_START: "按设置启动后即暂停",
    Code.TAKES_NO_PART: "不接收工件",
    Code.RECORD_FULL: "不接收工件：记录存储空间已满",
    Code.RECORD_BEHIND: "记录补写完成前不接收工件",
    Code.CROWDED: "正在关闭没有去向的工件：未关闭 {open} 件，上限 {most} 件",
    Code.LATE_WORK: "相机、仪表读取或模型尚未完成超时的任务，暂不接收工件",
    Code.WAITS_FOR_PLC: "等待 PLC",
    Code.BYPASS_WAS_TURNED: "上次读取时旁路钥匙已接通",
    Code.BYPASS_TURNED: "PLC 旁路钥匙已接通：不检测任何工件",
    Code.NOT_ENABLED: "PLC 未使能工位",
    Code.COUNTING_MISSED: "漏检工件记录完成前不接收工件",
    Code.NO_CAMERA: "无相机图像，全部工件转人工复核",
    Code.MODEL_FAILS: "模型故障，工件转人工复核",
    Code.EVERY_PART_TO_REVIEW: "{cause}，全部工件转人工复核",
    Code.LAST_PICTURE_NOT_KEPT: "最近一张图像未能保存",
    # --- tiles ------------------------------------------------------------------------------------------
    Code.NO_CONNECTION: "未连接 PLC",
    Code.PLC_SILENT: "PLC 无应答",
    Code.BYPASSED: "旁路钥匙已接通：不检测任何工件",
    Code.RECORDING_MISSED: "正在记录漏检工件，暂不接收工件",
    Code.BELT_SPEED: "输送带 {speed_mm_s} mm/s",
    Code.NO_PICTURE_YET: "尚无图像",
    Code.CAMERAS: "{cameras:term}",
    Code.MODEL_RUNS: "{model} {version}，{cause}",
    Code.NOBODY_NAMES: "无法识别的类型：{types:term}",
    Code.NO_PART_YET: "尚无工件",
    Code.STORE_SILENT: "已 {silent_s:.0f} 秒无应答",
    Code.NOTHING_RECORDS: "数据库和缓存文件均无法写入记录",
    Code.SPOOLED: "{spooled} 条记录在缓存文件中等待",
    Code.ALL_DURABLE: "全部记录已落盘",
    # --- what is certified ------------------------------------------------------------------------------
    Code.CERTIFIED: "已认证：漏放率不超过 {alpha_percent:.3g} %，置信度 {sure_percent:.4g} %（{defective} "
    "件缺陷件中漏放 {misses} 件），{date}",
    Code.UNCERTIFIED: "未认证",
    Code.NO_CERTIFICATE: "尚未签发证书",
    Code.CERTIFICATE_OF_OTHER_RECIPE: "证书签发给配方 {recipe} 版本 {version}，现用配方 {now_recipe} 版本 "
    "{now_version}",
    Code.CERTIFICATE_OF_OTHER_FILE: "签发证书后配方文件已改变",
    Code.CERTIFICATE_OF_OTHER_MODEL: "签发证书后模型已改变：原为 {model}，现为 {now_model}",
    # --- what a taught threshold promises ---------------------------------------------------------------
    Code.PROMISED_OVERKILL: "每 {parts} 件与示教件相似的良品中，预计约 {about} 件被误判为不合格，"
    "20 次中有 19 次为 {least} 至 {most} 件",
    Code.GROUPS_DIFFER: "{groups} 个组之间有差异：良品分数的方差有 {between_percent:.0f} % 来自组间，"
    "因此对新的组而言，{pictures} 张图像只相当于 {independent:.0f} 张独立图像",
    Code.GROUPS_ALIKE: "{groups} 个组之间没有差异：{pictures} 张图像全部有效",
    Code.THRESHOLD_BEYOND: "{groups} 个组太少，无法确定，因此按组间正态分布推算，阈值高于良品的最高分数",
    Code.MORE_GROUPS: "要达到要求的 {asked_percent:.3g} %，请示教 {needed} 个有同样差异的组"
    "（位置、批次、日期），目前为 {taught} 个",
    Code.HELD_UNTIL_THEN: "在此之前，若仅有 {asked_percent:.3g} % 的已示教良品分数更高，"
    "工件即使低于阈值也交由人工复核",
    Code.MORE_PICTURES: "要达到要求的 {asked_percent:.3g} %，请示教 {needed} 张良品图像，目前为 {taught} 张",
    Code.BLUR_RAISES_SCORES: "模糊的良品分数偏高（{groups} 个组的秩相关系数为 {rank:.2f}）："
    "对焦更清晰可降低阈值",
    Code.PLACE_RAISES_SCORES: "{groups} 个组中有 {found} 个组的最高分出现在同一位置"
    "（距左侧 {x_percent:.0f} %，距顶部 {y_percent:.0f} %）：若该处允许变化，可将其屏蔽以降低阈值",
    # --- what of a recipe nobody hears ------------------------------------------------------------------
    Code.MODEL_CANNOT_NAME: "语言模型无法识别 {types:term}，由快速判定单独判定",
    Code.NO_MODEL_TO_NAME: "没有语言模型参与判定，无法识别 {types:term}",
    Code.ASKED_NOT_DONE: "{cause}，配方的要求不生效（{asked:term}）",
    Code.FOUND_TAKEN_FOR_SUCH: "{cause}，发现的缺陷按此类缺陷处理（{asked:term}）",
    # --- the guard --------------------------------------------------------------------------------------
    Code.PICTURE_NOT_KEPT: "工件图像未能保存",
    Code.OTHER_PART_DECIDED: "判定结果属于工件 {decided_part}（触发号 {decided_trigger}），而相机下是工件 "
    "{part}（触发号 {trigger}）",
    Code.OTHER_RECIPE_DECIDED: "判定所用配方不是当前配方",
    Code.OTHER_RECIPE_ASKED: "PLC 要求配方 {asked}，当前配方为 {active}",
    Code.POLICY_ASKS: "规则要求{action:term}：{defects:term}",
    Code.MAY_BE_UNNAMED: "{defect:term} 可能是无法识别的 {type:term}：{action:term}",
    Code.CERTIFIED_BUT_UNSCORED: "工位已认证，但没有模型给该工件评分",
    Code.ABOVE_CERTIFIED: "缺陷分数 {score:.4g} 高于认证阈值 {threshold:.4g}（漏放率不超过 "
    "{alpha_percent:.3g} %，置信度 {sure_percent:.4g} %，{defective} 件缺陷件中漏放 {misses} 件）",
    Code.GAUGE_UNREADABLE: "仪表 {gauge} 无法读取",
    Code.GAUGES_UNREADABLE: "仪表 {gauges} 无法读取",
    Code.GAUGE_BELOW: "仪表 {gauge} 读数 {value:.9g} ± {uncertainty:.2g}{unit:unit}，低于下限 {limit:g}",
    Code.GAUGE_ABOVE: "仪表 {gauge} 读数 {value:.9g} ± {uncertainty:.2g}{unit:unit}，高于上限 {limit:g}",
    Code.GAUGE_IN_DOUBT: "仪表 {gauge} 读数 {value:.9g} ± {uncertainty:.2g}{unit:unit}，过于接近限值 "
    "{limit:g}，无法判断是否超限",
    Code.LAMP_NOT_AS_WANTED: "指示灯 {gauge} 状态为{state:term}，不符合要求",
    Code.CODE_NOT_AS_WANTED: "条码 {gauge} 的内容 {text} 与示教格式不符",
    Code.MORE_GAUGES: "另有 {count} 个仪表超限、存疑或无法读取",
    Code.NOT_INSPECTED: "未检测：{miss:term}",
    # --- why an instrument was not read -----------------------------------------------------------------
    Code.GAUGE_REASON_NOT_FOUND: "未在应有位置找到仪表",
    Code.GAUGE_REASON_TWO_NEEDLES: "有两根指针，无法判断以哪根为准",
    Code.GAUGE_REASON_GLARE: "读数处有反光",
    Code.GAUGE_REASON_BLUR: "图像过于模糊",
    Code.GAUGE_REASON_OUT_OF_SCALE: "指针超出刻度范围",
    Code.GAUGE_REASON_MOVED_TOO_FAR: "仪表偏离示教位置过远",
    Code.GAUGE_REASON_DISAGREEMENT: "多种读取方法的结果不一致",
    Code.GAUGE_REASON_COVERED: "被遮挡",
    Code.GAUGE_REASON_CUT_OFF: "超出图像边缘",
    Code.GAUGE_REASON_TOO_SMALL: "在图像中过小",
    Code.GAUGE_REASON_NO_DIGITS: "未见数字",
    Code.GAUGE_REASON_SEGMENT_UNCLEAR: "有笔段或小数点无法判断是否点亮",
    Code.GAUGE_REASON_NO_SUCH_DIGIT: "点亮的笔段不构成数字",
    Code.GAUGE_REASON_WRONG_LAYOUT: "位数、小数点或符号与示教不符",
    Code.GAUGE_REASON_UPSIDE_DOWN: "无法判断正反方向",
    Code.GAUGE_REASON_FLICKERS: "显示闪烁，多张图像内容不一致",
    Code.GAUGE_REASON_LAMP_UNCLEAR: "指示灯亮灭不明或颜色未示教",
    Code.GAUGE_REASON_NO_CODE: "未见条码",
    Code.GAUGE_REASON_CODE_TWICE: "视野内有多个可能的条码",
    Code.GAUGE_REASON_CODE_DAMAGED: "条码损坏",
    Code.GAUGE_REASON_CODE_UNFIT: "条码内容无法保存为文本",
    Code.GAUGE_REASON_WRONG_DEPTH: "图像位深与示教时不同",
    Code.GAUGE_REASON_LATE: "未在时限内读完",
    Code.GAUGE_REASON_FAILED: "读取程序故障",
    # --- what contradicts itself in the description of a dial -------------------------------------------
    Code.DIAL_VALUES_EQUAL: "有两处刻度的数值相同或几乎相同：{first:g} 与 {second:g}",
    Code.DIAL_VALUES_DISORDERED: "刻度数值须沿刻度方向一直递增或一直递减",
    Code.DIAL_BEYOND_CIRCLE: "整圈刻度的数值须从 0 起，且小于 {wraps_at:g}",
    Code.DIAL_MARK_ON_CENTRE: "数值 {value:g} 的刻度与转轴重合",
    Code.DIAL_MARKS_AT_ONE_PLACE: "从转轴看，数值 {first:g} 与 {second:g} 的刻度在同一方向上",
    Code.DIAL_NOT_ONCE_ROUND: "按数值顺序，各刻度未绕转轴同向排列在一圈之内",
    # --- the picture ------------------------------------------------------------------------------------
    Code.PICTURE_OTHER_DEPTH: "图像位深为 {bits} 位，配方按 {wanted_bits} 位示教：请将相机设为 "
    "{wanted_bits} 位，或按 {bits} 位重新示教",
    Code.PICTURE_OTHER_SIZE: "图像尺寸为 {size}，配方要求 {wanted}：请将相机设为 {wanted}",
    Code.PICTURE_FROZEN: "图像冻结（与上一张完全相同）：请重启相机并检查线缆",
    Code.PICTURE_BLACK: "图像过暗（平均灰度 {mean:.0f}，至少应为 {wanted:.0f}）：请检查光源和镜头盖",
    Code.PICTURE_BRIGHT: "图像过曝（平均灰度 {mean:.0f}，最多应为 {wanted:.0f}）：请缩短曝光时间",
    Code.PICTURE_SATURATED: "图像过曝（{white:.0%} 为白色，最多应为 {wanted:.0%}）：请缩短曝光时间",
    Code.PICTURE_FLAT: "图像对比度过低（{contrast:.1f}，至少应为 {wanted:.1f}）：请清洁镜头，确认工件到位",
    Code.PICTURE_BLURRED: "图像模糊（清晰度 {focus:.3f}，至少应为 {wanted:.3f}）：请调焦，检查曝光时间和输"
    "送带速度",
    Code.PART_NOT_THERE: "图像中没有可用于定位工件的结构：请确认工件到位，检查光源和调焦",
    Code.PART_UNLIKE_TAUGHT: "工件无法定位（与示教件的吻合度 {found:.2f}，至少应为 {wanted:.2f}）：请查看"
    "工件",
    Code.PART_OUT_OF_PLACE: "工件偏离示教位置：平移为图像的 {shift:.1%}、转角 {turn:.1f} 度（最多应为 "
    "{most_shift:.1%}、{most_turn:.1f} 度）：请检查导向和触发",
    Code.PICTURE_CHANNEL_DEAD: "图像的{channel:term}通道无内容（对比度 {contrast:.1f}，至少应为 "
    "{wanted:.1f}）：请检查相机线缆、像素格式和白平衡",
    # --- what was seen ----------------------------------------------------------------------------------
    Code.NOTHING_UNUSUAL: "与合格件一致，无异常（正常度 {normality:.2f}）",
    Code.WORST_DEFECT: "{defect:term}，位置 x {x}、y {y}，视图 {view}",
    Code.WORST_DEFECT_MM: "{defect:term}，{length_mm:g} mm，位置 x {x}、y {y}，视图 {view}",
    Code.MORE_DEFECTS: "{cause}，另有 {more} 处",
    Code.TOO_CLOSE: "过于接近阈值，无法判断",
    Code.FEW_GROUPS_TAUGHT: "与已示教良品的差异超出对良品的要求，"
    "且示教的组太少，无法判断其他组的良品是否也会如此",
    Code.LIKE_NO_EXAMPLE: "有缺陷无法明确归入示例所示的类型",
    Code.NAME_RELEASES_NOTHING: "规则允许此类缺陷通过，但仅凭示例得出的名称不能放行工件",
    Code.SEEN_AND_DECIDED: "{cause}：{action:term}",
    Code.BY_REFLEX: "按快速判定",
    Code.RULES_ASK: "规则要求{action:term}：{defects:term}",
    Code.MODEL_LATE: "{model:term}未及时应答",
    Code.MODEL_BROKEN: "{model:term}损坏：其状态不含有效数值",
    Code.MODEL_SEES_MEMORY_NOT: "{model:term}发现 {defects:term}，示教记忆未见异常",
    Code.MEMORY_SEES_MODEL_NOT: "示教记忆发现 {cause}，{model:term}未见缺陷",
    Code.MODEL_MILDER_THAN_ASKED: "语言模型先认为缺陷应{asked:term}，随后判为{action:term}",
    Code.MODEL_AGAINST_ACTION_HEAD: "语言模型判为{action:term}，动作输出却为{meant:term}",
    Code.FOREIGN_NO_DECISION: "外部模型的输出不是判定结果",
    Code.FOREIGN_SEES: "外部模型发现 {defects:term}：{action:term}",
    Code.FOREIGN_AGAINST_REFLEX: "外部模型判为{action:term}，发现 {defects:term}，快速判定为{reflex:term}",
    # --- judging ----------------------------------------------------------------------------------------
    Code.NO_PICTURE_IN_TIME: "时限内未取得图像",
    Code.DECISION_LATE: "判定超时",
    Code.GAUGES_LATE: "仪表未能在时限内读完：{gauges}",
    Code.GAUGE_READER_HANGS: "仪表读取程序无响应，已由新的程序接替：请在产线停顿时重启引擎，"
    "并保留该工件图像供 Passgate 厂商分析",
    Code.NAMES_DIFFER: "工件上的条码给出{field:term} {code}，PLC 给出 {plc}",
    Code.PLC_NAME_NOT_READ: "无法读取 PLC 中标识工件的字",
    Code.PLC_NAMES_NOTHING: "PLC 中标识工件的字为空或无效",
    Code.PICTURES_DISK_SILENT: "图像磁盘已 {silent_s:.0f} 秒无应答",
    Code.PICTURES_DISK_LATE: "图像磁盘在时限内无应答",
    Code.CHECK_DISK: "{cause}。请检查该磁盘",
    Code.CAMERA_NOT_CONFIGURED: "配方的视图 {view} 需要相机 {camera}，但设置中没有该相机",
    Code.INTERNAL_ERROR: "程序内部错误",
    # --- alarms -----------------------------------------------------------------------------------------
    Code.RECORD_LATE: "记录耗时 {took_ms:.0f} ms，超过 PLC 等待时间：工件不予放行。请检查记录磁盘",
    Code.RECORD_SILENT: "记录存储已 {silent_s:.0f} 秒无应答",
    Code.REPORT_NOT_WRITTEN: "{date} 班次 {shift} 的报告未能写出，将自动重试",
    Code.REPORT_TOO_SLOW: "报告在 {limit_s:.0f} 秒内未完成",
    Code.REPORT_NO_ROOM: "报告所在磁盘仅剩 {free_mb:.0f} MB，须保留 {least_mb:.0f} MB",
    Code.REPORT_PROGRAM_FAILED: "生成报告的程序出错（退出码 {exit_code}）",
    Code.RECORD_NOT_ANSWERING: "记录存储已 {silent_s:.0f} 秒无应答：恢复前不接收工件，等待记录的工件不予放"
    "行。请检查记录磁盘",
    Code.PICTURES_SILENT: "图像磁盘已 {silent_s:.0f} 秒无应答：工件转人工复核，记录中没有图像。请检查该磁盘",
    Code.RECORDS_SPOOLED: "记录暂存在缓存文件中",
    Code.EVENT_NOT_RECORDED: "操作未能写入记录",
    Code.PARTS_NOT_INSPECTED: "PLC 触发的部分工件未经检测",
    Code.PARTS_BYPASSED: "PLC 旁路钥匙已接通，工件未经检测通过",
    Code.PLC_RESTARTED: "PLC 已重启",
    Code.OUTCOMES_UNKNOWN: "PLC 未告知部分工件的去向",
    Code.RELEASED_WITHOUT_PASS: "PLC 放行了工件 {part}，而该工件没有已发送的合格判定",
    Code.RECORD_LOST_ROWS: "记录丢失了最新的数据：引擎（启动号 {engine}）曾服务于 PLC（启动号 {run}），直"
    "到触发号 {trigger}，其写入的数据已不在本记录中。若恢复过旧备份，请查看较新的记录；否则请检查本记录",
    Code.RECORD_BEGINS: "本记录自此开始：PLC（启动号 {run}）此前由使用其他记录的引擎（启动号 {engine}）服"
    "务，直到触发号 {trigger}。这些工件的去向请查看该引擎的记录",
    Code.RECORD_RESTORED: "由 {made} 的备份恢复：{rows} 行，链头 {head}；{events} 条事件，"
    "链头 {events_head}。此后的记录不在其中",
    Code.PLANT_REFUSES: "工厂数据库从第 {row} 行起不接收本工位的记录",
    Code.PICTURES_DRIFT: "图像与示教时不再一致（视图 {view}）：{cause}。工件目前仍放行，但若继续变化，合格件"
    "将被误判",
    Code.LOOKS_DARKER: "图像变暗 {percent:.0f} %，请检查光源、曝光和镜头",
    Code.LOOKS_BRIGHTER: "图像变亮 {percent:.0f} %，请检查曝光和杂散光",
    Code.LOOKS_BLURRED: "清晰度下降 {percent:.0f} %，请检查对焦、镜头和振动",
    Code.LOOKS_SHARPER: "清晰度或噪声上升 {percent:.0f} %，请检查对焦和相机增益",
    Code.LOOKS_MOVED: "工件位置偏移约 {shift_px:.0f} 像素，请检查夹具和相机安装",
    Code.LOOKS_AS_TAUGHT: "光照、对焦和位置与示教时一致，请检查工件本身、背景和镜头",
    Code.LOOKS_NOT_KNOWN: "配方未记录示教时的光照、对焦和位置，请逐一检查",
    # --- commands ---------------------------------------------------------------------------------------
    Code.REFUSED: "{command:term}被拒绝",
    Code.TAKING_UP_RECORD: "工位正在读取记录",
    Code.STATION_STOPPING: "工位正在停止",
    Code.TAKES_NO_FURTHER_PART: "工位不再接收工件",
    Code.NOT_ON_RECORD_YET: "尚未写入记录，重启后不保留",
    Code.TAKES_PARTS: "工位接收工件",
    Code.NOT_STARTED: "未启动",
    Code.NOT_RESET: "未复位",
    Code.STILL_HALTED: "仍处于停机状态：{cause}。请在 PLC 上复位故障",
    Code.ALARM_CLEARED: "已清除 1 条报警",
    Code.ALARMS_CLEARED: "已清除 {cleared} 条报警",
    Code.ALARMS_STAY: "{stay} 条报警在原因消除前保留",
    Code.ORDER_NOT_RECORDED: "命令未能写入记录",
    Code.OVERTAKEN: "{by:who}同时下达了{kind:term}",
    Code.TOO_MANY_EVENTS: "{waiting} 条事件等待写入磁盘。请检查记录磁盘",
    Code.DISK_NO_ANSWER: "记录磁盘 {waited_s:.0f} 秒内无应答。请检查磁盘",
    Code.COMMAND_TOO_OFTEN: "{command:term}命令过于频繁，未执行；请稍候一秒",
    Code.TOO_MANY_QUESTIONS: "引擎待应答的请求过多",
    Code.ENGINE_SILENT: "引擎无应答；产线可能仍在运行",
    Code.COMMAND_UNSURE: "引擎尚未应答；命令可能已执行，也可能稍后执行",
    # --- the PLC ----------------------------------------------------------------------------------------
    Code.SECOND_ENGINE: "另一 Passgate 引擎（启动号 {other}）正在该 PLC 上工作：本引擎（启动号 {own}）不接"
    "收工件，也不写入 PLC 采用的数据。请停止其中一个引擎，再用 FaultReset 复位",
    Code.SECOND_ENGINE_BRIEF: "第二引擎 {other}：请停用其中一个",
    Code.HEARTBEAT_STOOD: "PLC 心跳已停止 {stood_ms} ms",
    Code.HEARTBEAT_TO_AND_FRO: "PLC 心跳 {stood_ms} ms 内来回跳变，没有递增",
    Code.HEARTBEAT_LOST: "{cause}。未完成的工件由 PLC 默认剔除。请确认 PLC 在运行、网络正常，再用 "
    "FaultReset 复位",
    Code.HEARTBEAT_LOST_BRIEF: "PLC 心跳丢失：检查后在 PLC 复位",
    Code.COUNT_RESTARTED: "PLC 在启动号 {boot_id} 不变的情况下从 0 重新计数触发（此前为 {last}）：前后工件"
    "的触发号相同，输送带上工件的去向不明。请让 PLC 程序每次启动时生成新的 boot_id，清空输送带，再用 "
    "FaultReset 复位",
    Code.COUNT_RESTARTED_BRIEF: "PLC 已重启：清空输送带，在 PLC 复位",
    Code.MAP_EMPTY: "PLC 有应答，但产线数据块为空（映射版本 0），不接收工件。请启动 PLC 程序，或检查 "
    "line_base",
    Code.MAP_FOREIGN: "PLC 的寄存器映射版本为 {version}，Passgate 为 {own_version}，不接收工件。请检查 "
    "line_base 和 PLC 程序，再用 FaultReset 复位",
    Code.MAP_FOREIGN_BRIEF: "PLC 映射版本 {version}，应为 {own_version}：联系维护",
    Code.UNSENT_RESULT_TAKEN: "PLC 确认了触发号 {trigger} 的结果，而该结果从未发送。工件 {part} 的去向并非"
    "由 Passgate 判定：请找到该工件。请检查 PLC 程序，再用 FaultReset 复位",
    Code.UNSENT_RESULT_TAKEN_BRIEF: "PLC 采用未发送结果：找出工件 {part}",
    Code.COUNT_JUMPED: "PLC 的触发计数从 {before} 跳到 {now}，最多 {uncounted} 件工件没有记录。请检查 PLC "
    "程序和相机后的工件，再用 FaultReset 复位",
    Code.COUNT_JUMPED_BRIEF: "触发计数跳变：查找工件，在 PLC 复位",
    Code.NUMBER_USED_TWICE: "PLC 以触发号 {trigger} 显示工件 {part}，而该触发号属于另一工件：此工件没有记"
    "录，也得不到结果。请找到该工件，让 PLC 程序随每个 part_id 递增 trigger_seq，再用 FaultReset 复位",
    Code.NUMBER_USED_TWICE_BRIEF: "触发号重复：找出工件 {part}，PLC 复位",
    Code.STATION_LAGS: "工位来不及处理产线事件。未完成的工件由 PLC 默认剔除。请重启引擎，再用 FaultReset "
    "复位",
    Code.STATION_LAGS_BRIEF: "工位处理滞后：重启引擎，在 PLC 复位",
    Code.OTHER_ENGINE_REFUSED: "另一 Passgate 引擎（启动号 {other}）试图使用该 PLC，已自行退出：它不接收工"
    "件，本引擎继续运行。请查明其位置，将其停止，或改为它自己的 PLC 地址。若没有这样的引擎，则是 PLC 程序"
    "写入了产线数据块的第 15 字，必须停止写入",
    Code.PLC_NAME_UNKNOWN: "无法解析 PLC 的主机名 {host}",
    Code.PLC_UNREACHABLE: "无法连接 PLC（{host}:{port}）：请检查 PLC 和网络",
    Code.PLC_CLOSED: "PLC 关闭了连接：请检查 PLC 和网络",
    Code.PLC_NO_ANSWER: "PLC 在 {timeout_ms} ms 内无应答：请检查 PLC 和网络",
    Code.PLC_FOREIGN_ANSWERS: "PLC 应答的事务号与请求不符：请检查网关",
    Code.PLC_ANSWER_BROKEN: "PLC 的应答中断，{timeout_ms} ms 后仍不完整：请检查网络",
    Code.PLC_ANSWER_GARBLED: "PLC 的应答不符合 Modbus 协议或与请求不符",
    Code.PLC_ANSWERED_UNASKED: "收到未请求的应答：请检查网关是否重复应答或被他人共用",
    Code.PLC_BUSY: "PLC 忙（Modbus 异常 6），将在下一周期重试",
    Code.PLC_REFUSES: "PLC 拒绝了功能码 {function}（Modbus 异常 {exception}）",
    Code.PLC_TLS: "无法与 PLC 建立安全连接（{host}:{port}）：请检查证书",
    Code.PLC_NOTICE: "通信正常，但 PLC 侧有需要注意的问题",
    # --- errors, each with its own English words as the detail ------------------------------------------
    Code.CAMERA_ERROR: "相机未能提供图像，请检查相机",
    Code.RECIPE_ERROR: "配方不适用",
    Code.INSPECTOR_ERROR: "模型暂时无法使用",
    Code.CERTIFICATE_ERROR: "证书无法使用",
    Code.POSITION_ERROR: "工件无法定位",
    Code.WEIGHTS_ERROR: "模型权重缺失或损坏",
    Code.STORE_ERROR: "记录无法写入或读取，请检查磁盘",
    Code.RECORD_REFUSED_ERROR: "记录拒绝写入",
    Code.LINE_ERROR: "无法连接 PLC",
    Code.OTHER_ERROR: "其他原因（见英文原文）",
    Code.CAMERA_NOT_OPEN: "相机 {camera} 未打开",
    Code.CAMERA_CONNECTING: "相机 {camera} 正在连接",
    Code.CAMERA_UNPROVEN: "相机 {camera} 尚未证明图像是实时的",
    Code.CAMERA_NOT_OPENED: "相机 {camera} 无法打开：请检查接口和地址，以及是否被其他程序占用",
    Code.CAMERA_NO_PICTURE: "相机 {camera} 在 {timeout_s:g} 秒内没有新图像：请检查线缆、电源和网络",
    Code.RECORDS_WAIT: "{waiting} 条记录等待写入：请检查记录磁盘",
    Code.PICTURES_WAIT: "{waiting} 张图像等待写入：请检查图像磁盘",
    Code.PICTURES_NEEDED: "图像占用 {kept_mb} MB，可用空间仅 {limit_mb} MB，且均不可删除；"
    "其中 {unsigned} 张等待班次签署，{unreviewed} 张等待复核",
    Code.PICTURE_NOT_ARCHIVED: "相机 {camera} 的图像无法存档，请检查图像磁盘",
    Code.MODEL_LOST: "等待模型重新启动",
    Code.MODEL_NOT_STARTED: "等待模型，模型无法启动",
    Code.DISK_FULL: "磁盘空间不足",
    Code.DISK_READ_ONLY: "磁盘只读，无法写入",
    Code.NO_RIGHTS: "没有访问权限",
    Code.FILE_GONE: "文件或文件夹不存在",
    Code.DISK_FAILS: "磁盘读写错误",
    Code.DATABASE_FAILS: "数据库无法写入记录",
    Code.SPOOL_FAILS: "缓存文件无法写入记录",
    Code.ACCESS_ERROR: "操作未获允许",
    **PEOPLE,
    **REVIEWS_CHINESE,
}

CHINESE_TERMS: Final[Mapping[str, str]] = {
    **ALARM_TERMS,
    # actions
    "pass": "放行",
    "rework": "返工",
    "stop": "停线",
    "manual_review": "人工复核",
    # people
    "operator": "操作员",
    "quality": "质量工程师",
    "maintenance": "维护人员",
    "administrator": "管理员",
    "password": "密码",
    "PIN": "PIN 码",
    "written": "编制",
    "reviewed": "审核",
    "approved": "批准",
    # what a person says of a part
    "good": "良品",
    "defect": "缺陷",
    "dont_know": "无法判断",
    # severities
    "minor": "轻微",
    "major": "严重",
    "critical": "致命",
    # types of defects that Passgate itself names
    "anomaly": "异常",
    "unknown": "未知",
    "scratch": "划痕",
    "dent": "凹痕",
    "stain": "污渍",
    "crack": "裂纹",
    "other": "其他",
    "others": "其他",
    "no defect": "无缺陷",
    # colour channels
    "serial": "序列号",
    "lot": "批号",
    "red": "红色",
    "green": "绿色",
    "blue": "蓝色",
    # colours of needles and lamps
    "black": "黑色",
    "white": "白色",
    "grey": "灰色",
    "silver": "银色",
    "orange": "橙色",
    "yellow": "黄色",
    "brown": "棕色",
    # lamps
    "unlit": "熄灭",
    "lit": "点亮",
    "blinking": "闪烁",
    # who judges
    "the language model": "语言模型",
    "the foreign model": "外部模型",
    # why nobody looked at a part
    "gap": "触发信号漏收",
    "overrun": "正在判定另一工件",
    "not_ready": "工位未就绪",
    "restart": "程序重新启动",
    "bypass": "旁路钥匙已接通",
    "before_record": "发生在本记录开始之前",
    # commands, and who gives them
    "start": "启动",
    "hold": "暂停",
    "reset": "复位",
    "abort": "中止",
    "release": "放行",
    "engine": "引擎",
    "store": "存储",
    "plc": "PLC",
    "the settings": "设置",
    "an unnamed client": "未具名客户端",
    "console": "控制台",
}
