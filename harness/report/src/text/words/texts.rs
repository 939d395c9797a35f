//! The texts themselves: name, English, Chinese.

macro_rules! words {
    ($($name:ident: $en:literal, $zh:literal;)*) => {
        /// Every text, by name.
        pub(crate) struct Words { $(pub(crate) $name: &'static str,)* }
        pub(super) const EN: Words = Words { $($name: $en,)* };
        pub(super) const ZH: Words = Words { $($name: $zh,)* };
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $zh),)*];
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
    never_ended: "It began, and the record does not say how it ended.", "已开始，但记录中没有结束。";
    never_began: "It never began.", "从未开始。";
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

    model_note: "This run used the embedded cluster, whose servers are a model that is held to recordings of real ones. It says whether documents, scenarios and recordings agree; whether a new release is sound, only a run on real servers can say.",
        "本次运行使用内嵌集群：其中的服务器是按真实服务器的记录校准的模型。它说明文档、场景与记录是否一致；新版本是否可靠，只有在真实服务器上运行才能说明。";
    first_reason: "First: {}", "首个：{}";
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
    started_cluster: "Started, on the cluster's clock", "开始时间（集群时钟）";
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
    seen_instead: "Seen instead:", "实际观察到：";
    claims_not_tested: "Claims that nothing looked at ({})", "未被检查的论断（{}）";

    why_no_scenario: "no scenario of this run speaks of it", "本次运行没有场景涉及它";
    why_not_finished: "its scenarios did not finish: {}", "相关场景未完成：{}";
    why_no_finding: "its scenarios ended without reaching the check that decides it: {}", "相关场景在得出结论的检查之前结束：{}";
    scenario_skipped: "Scenarios that did not run", "未运行的场景";
    scenario_unfinished: "Scenarios that did not finish", "未完成的场景";
    steps_unfinished: "Steps that did not run", "未运行的步骤";
    steps_not_applicable: "Steps of outcomes that did not happen", "未发生的结果所对应的步骤";
    steps_not_applicable_note: "What real servers do by chance has named outcomes, each with steps of its own.", "真实服务器上随机出现的结果各有名称，并各有对应的步骤。";
    steps_count: "{} steps", "{} 个步骤";
    checks_not_applicable: "{} more belong to outcomes that did not happen", "另有 {} 项属于未发生的结果";
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
    last_seen: "A state is what was seen last: pods are watched all the time, dnodes, mnodes and vgroups are looked at while something is checked.",
        "状态为最近一次所见：Pod 始终被监视，dnode、mnode 与 vgroup 仅在检查时查看。";
    more_lanes: "{} more are in the list", "另有 {} 项见列表";
    what: "What", "对象";
    state: "State", "状态";
    steps: "Steps", "步骤";
    pods: "Pods", "Pod";
    dnodes: "Dnodes", "Dnode";
    mnodes: "Mnodes", "Mnode";
    vgroups: "Vgroups", "Vgroup";
    workloads: "Workloads", "负载";
    times: "Where the time went", "时间去向";
    own_time: "The harness itself took {} of {} ({} %); the rest, the cluster would have taken anyway.", "测试工具自身用时 {}，总计 {}（{} %）；其余为集群本身所需的时间。";
    noticed: "{} changes have their own time stamps: half of them were noticed within {}, 95 of 100 within {}, answers of servers not counted.", "{} 次变化带有自身时间戳：半数在 {} 内被察觉，95% 在 {} 内，不含服务器应答耗时。";
    noticed_after: "noticed {} after the change", "变化后 {} 察觉";
    answer_took: "the answer took {}", "应答耗时 {}";
    times_each: "Each scenario", "各场景";
    own: "Harness", "测试工具";
    recovery_times: "Recovery times", "恢复时间";
    times_seen: "Times", "次数";
    client: "Client", "客户端";
    image_digest: "Image digest or id", "镜像摘要或 ID";
    edition: "Edition", "版本类型";
    profile: "Profile", "行为配置";
    edits: "Changes to the manifests", "对清单的修改";
    kind: "kind", "kind";
    node_image: "Node image", "节点镜像";
    nodes: "Nodes", "节点";
    context: "Context", "上下文";
    runtime: "Container runtime", "容器运行时";
    faults: "Faults", "故障";
    fault: "Fault", "故障";
    witness: "Witness", "见证";
    witnessed: "took hold", "已生效";
    not_witnessed: "no witness", "无见证";
    heal: "Heal", "恢复";
    healed: "gone", "已消除";
    not_healed: "still there", "未消除";
    recovered: "Works again:", "恢复正常：";
    workload: "Workload", "负载";
    measurements: "Throughput and latency as a table", "吞吐量与延迟列表";
    latency: "latency", "延迟";
    per_second: "≤ {} per second", "每秒 ≤ {}";
    ok: "ok", "成功";
    failed: "failed", "失败";
    not_known: "not known", "未知";
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
    in_json: "Its steps are not shown here to bound the size of this page; they are in report.json.", "为限制页面大小，未在此显示其步骤；见 report.json。";
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
