//! The texts of the user interface, in English and Chinese.

use seatrial_record::{Blame, RealServer};

use crate::model::ClaimVerdict;

/// Language of a report's own texts. What scenarios, servers and documents say stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Chinese, simplified.
    Zh,
}

impl Lang {
    /// The language of a code such as `en`, `zh` or `zh-CN`; `None` of one that there are no texts for.
    pub fn of(code: &str) -> Option<Self> {
        match code.split(['-', '_']).next() {
            Some("en") => Some(Self::En),
            Some("zh") => Some(Self::Zh),
            _ => None,
        }
    }

    /// The code for HTML's `lang`.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    pub(crate) fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

/// Puts `values` where `text` has `{}`, in order.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut values = values.iter();
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        filled.push_str(values.next().unwrap_or(&""));
        filled.push_str(part);
    }
    filled
}

/// What is blamed, in words.
pub(crate) fn blame(lang: Lang, blame: Blame) -> &'static str {
    let words = lang.words();
    match blame {
        Blame::Product => words.product,
        Blame::Manifest => words.manifest,
        Blame::Harness => words.harness,
        Blame::Environment => words.blame_environment,
    }
}

/// What a run says of a claim, in words.
pub(crate) fn claim_verdict(lang: Lang, verdict: ClaimVerdict) -> &'static str {
    let words = lang.words();
    match verdict {
        ClaimVerdict::Confirmed => words.confirmed,
        ClaimVerdict::Contradicted => words.contradicted,
        ClaimVerdict::ByChance => words.by_chance,
        ClaimVerdict::ByManifest => words.by_manifest,
        ClaimVerdict::Unknown => words.unknown,
        ClaimVerdict::NotTested => words.not_tested,
    }
}

/// What a run says of a claim, as one character.
pub(crate) fn claim_sign(verdict: ClaimVerdict) -> &'static str {
    match verdict {
        ClaimVerdict::Confirmed => "✓",
        ClaimVerdict::Contradicted => "✗",
        ClaimVerdict::ByChance | ClaimVerdict::ByManifest => "±",
        ClaimVerdict::Unknown => "?",
        ClaimVerdict::NotTested => "–",
    }
}

/// What real servers said of a claim, in words.
pub(crate) fn real_server(lang: Lang, real: RealServer) -> &'static str {
    let words = lang.words();
    match real {
        RealServer::Confirmed => words.confirmed,
        RealServer::Contradicted => words.contradicted,
        RealServer::ByChance => words.by_chance,
        RealServer::ByManifest => words.by_manifest,
        RealServer::NotTested => words.not_tested,
    }
}

macro_rules! words {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        /// Every text, by name.
        pub(crate) struct Words { $(pub(crate) $name: &'static str,)* }
        const EN: Words = Words { $($name: $en,)* };
        const ZH: Words = Words { $($name: $zh,)* };
        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $zh),)*];
    };
}

words! {
    report: "Seatrial report", "Seatrial 测试报告";
    heading: "TDengine {} on Kubernetes {}", "TDengine {} 在 Kubernetes {} 上";
    skip_link: "Skip to the report", "跳到正文";
    contents: "Contents", "目录";

    pass: "pass", "通过";
    fail: "fail", "失败";
    unknown: "unknown", "未知";
    nothing_checked: "nothing checked", "未做检查";
    incomplete: "incomplete", "未完成";
    interrupted: "interrupted", "已中断";
    not_run: "not run", "未运行";
    skipped: "skipped", "已跳过";

    reason_pass: "Every check held.", "所有检查均成立。";
    reason_fail: "{} of {} checks did not hold", "{} 项检查不成立（共 {} 项）";
    reason_undecided: "{} could not be decided", "{} 项无法判定";
    reason_stopped: "errors in steps: {}", "步骤出错：{}";
    reason_unfinished: "scenarios without an end: {}", "未结束的场景：{}";
    comma: ", ", "，";
    stop: ".", "。";
    blamed: "Blamed: {}.", "责任方：{}。";
    reason_nothing: "Nothing was checked, so nothing can be said.", "没有做任何检查，无法得出结论。";
    reason_incomplete: "The record ends before the run did: it was killed or is still going on. What follows is what was recorded.",
        "记录在运行结束之前中断：运行被终止或仍在进行。以下仅为已记录的内容。";
    reason_interrupted: "The run was stopped before its end.", "运行在结束前被停止。";

    checks_passed: "{} of {} checks passed", "{} / {} 项检查通过";
    scenarios_passed: "{} of {} scenarios passed", "{} / {} 个场景通过";
    claims_decided: "{} of {} claims decided", "{} / {} 条文档论断有结论";

    claims_contradicted: "{} contradicted", "{} 条不成立";
    problems: "What did not pass", "未通过的内容";
    tested: "What was tested", "测试对象";
    ledger: "Claims of the documentation", "文档论断";
    scenarios: "Scenarios", "场景";
    not_tested_heading: "What was not tested", "未测试的内容";
    repeat_heading: "How to repeat", "如何重现";
    run_evidence: "Evidence of the run", "本次运行的证据";
    notices: "Notices", "提示";

    run: "Run", "运行";
    version: "TDengine", "TDengine";
    image: "Image", "镜像";
    environment: "Environment", "环境";
    kubernetes: "Kubernetes", "Kubernetes";
    manifests: "Manifests", "清单";
    seed: "Seed", "随机种子";
    seatrial: "Seatrial", "Seatrial";
    started: "Started", "开始时间";
    host: "Host", "主机";
    duration: "Duration", "时长";
    cluster_clock: "{} on the cluster's clock", "集群时钟 {}";
    wall_clock: "{} of real time", "实际用时 {}";
    faster: "{} times faster", "快 {} 倍";

    ledger_note: "A check states what is expected of this release on Kubernetes; a claim is what the documentation says. A contradicted claim is a sentence that does not hold, not a failed check.",
        "检查描述对该版本的预期；论断是文档的说法。“不成立”表示文档的说法与事实不符，并不等于检查失败。";
    claim: "Claim", "论断";
    says: "The document says", "文档原文";
    this_run: "This run", "本次运行";
    real_servers: "Real servers", "真实服务器";
    decided_by: "Decided by", "依据";
    confirmed: "confirmed", "成立";
    contradicted: "contradicted", "不成立";
    by_chance: "by chance", "视情况";
    by_chance_of: "by chance: {} of {}", "视情况：{} / {}";
    by_manifest: "by manifest", "取决于清单";
    not_tested: "not tested", "未测试";
    differs: "differs from real servers", "与真实服务器不一致";
    not_in_ledger: "not in the ledger", "不在论断清单中";
    held_in: "held in {} of {} runs", "在 {} / {} 次运行中成立";
    decided_by_checks: "{} checks", "{} 项检查";
    decided_by_check: "1 check", "1 项检查";
    seen_instead: "Seen", "观察到";

    why_no_scenario: "no scenario of this run speaks of it", "本次运行没有场景涉及它";
    why_not_finished: "its scenarios did not finish: {}", "相关场景未完成：{}";
    why_no_finding: "its scenarios ended without reaching the check that decides it: {}", "相关场景在得出结论的检查之前结束：{}";
    scenario_skipped: "Scenarios that did not run", "未运行的场景";
    scenario_unfinished: "Scenarios that did not finish", "未完成的场景";
    steps_unfinished: "Steps that did not run", "未运行的步骤";
    claims_untested: "Claims without a verdict", "没有结论的论断";
    all_tested: "Every planned scenario ran to its end, and every claim has a verdict.", "所有计划的场景都已运行完毕，所有论断都有结论。";

    scenario: "Scenario", "场景";
    repeat: "Repeat", "重现";
    step: "Step", "步骤";
    check: "Check", "检查";
    checks: "Checks", "检查";
    starts: "Start", "开始";
    took: "Took", "用时";
    attempt: "attempt {}", "第 {} 次尝试";
    retried: "An earlier attempt was given up because the environment failed: {}", "之前的一次尝试因环境故障而放弃：{}";
    timeline: "Time line", "时间线";
    timeline_of: "Time line of {}: steps, and the states of pods, dnodes and what else was observed, over {}.",
        "{} 的时间线：步骤，以及 Pod、dnode 等的状态，总时长 {}。";
    state_changes: "State changes as a list", "状态变化列表";
    more_lanes: "{} more are in the list", "另有 {} 项见列表";
    what: "What", "对象";
    state: "State", "状态";
    steps: "Steps", "步骤";
    pods: "Pods", "Pod";
    dnodes: "Dnodes", "Dnode";
    mnodes: "Mnodes", "Mnode";
    vgroups: "Vgroups", "Vgroup";
    workloads: "Workloads", "负载";
    good: "working", "正常";
    changing: "changing", "变化中";
    bad: "not working", "异常";
    neutral: "other", "其他";
    failed_here: "a check did not pass", "有检查未通过";

    expected: "Expected", "预期";
    seen: "Seen", "实际";
    reason: "Reason", "原因";
    blame: "Blame", "责任方";
    outcome: "outcome", "结果";
    fulfilled: "fulfilled after {}", "{} 后满足";
    evidence: "Evidence", "证据";
    evidence_count: "Evidence ({})", "证据（{}）";
    truncated: "cut at its bound when it was recorded", "记录时已截断";
    left_out: "{} left out here; the whole text is in {}", "此处省略 {}；全文见 {}";
    in_file: "{}, in {}", "{}，见 {}";
    in_events: "not shown here to bound the size of this page; it is in events.jsonl", "为限制页面大小未在此显示；见 events.jsonl";
    more: "… {} more", "… 还有 {} 项";
    product: "product", "产品";
    manifest: "manifests", "清单";
    harness: "harness", "测试工具";
    blame_environment: "environment", "环境";
    repeat_note: "The one command that repeats this run:", "重现本次运行的命令：";
    repeat_seed: "The same seed gives the same run on the embedded cluster, to the byte. On a real cluster the seed fixes what Seatrial does, not what the cluster does.",
        "在内嵌集群上，相同的种子会逐字节重现同一次运行；在真实集群上，种子只固定 Seatrial 的行为，而不固定集群的行为。";
    made_from: "Made by Seatrial {} from {} events.", "由 Seatrial {} 根据 {} 个事件生成。";
    started_by: "{} scenarios, {} checks, {} claims", "{} 个场景，{} 项检查，{} 条论断";
    continued: "continued", "续";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_take_the_same_values() {
        for (name, en, zh) in ALL {
            assert_eq!(en.matches("{}").count(), zh.matches("{}").count(), "{name}");
            assert!(!en.is_empty() && !zh.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_are_put_in_order() {
        assert_eq!(fill("{} of {}", &["1", "2"]), "1 of 2");
        assert_eq!(fill("{}", &["{}"]), "{}", "a value is not a template");
    }

    #[test]
    fn languages_are_known_by_their_codes() {
        assert_eq!(Lang::of("zh-CN"), Some(Lang::Zh));
        assert_eq!(Lang::of("de"), None);
    }
}
