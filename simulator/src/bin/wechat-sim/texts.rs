//! Every text of the command line, in Chinese and in English. The help, in `args.rs`, and what clap says of a command line
//! are only in English.

use std::fmt::Display;
use std::net::SocketAddr;
use std::time::Duration;

use wechat_sim::{AccountError, LocalizedText};

wechat_sim::localized_texts! {
    // Credentials and addresses.
    missing_variable(variable: &str, argument: &str) =>
        "缺少 {variable}：请设置这个环境变量，或指定 {argument}。wechat-sim keys 可生成一套；正在运行的 dev 的密钥，可在其页面的“设置”里复制",
        "{variable} is missing: set it, or give {argument}. wechat-sim keys generates a complete set; copy those of a running `dev` from the set-up on its page";
    bad_app_id(error: AccountError) => "AppID 由字母和数字组成，最长 64 个字符，如 wx5823bf96d3bd56c7", "{error}";
    bad_token(error: AccountError) => "Token 由字母和数字组成，长 3 至 32 个字符", "{error}";
    bad_key(error: AccountError) => "EncodingAESKey 由 43 个字母和数字组成", "{error}";
    bad_mode(error: AccountError) => "模式只能是 plain、compatible 或 safe", "{error}";
    bad_kind(error: AccountError) =>
        "账号类型只能是 official、mini-program、store、wecom 或 platform", "{error}";
    bad_format(error: AccountError) => "数据格式只能是 xml 或 json", "{error}";
    format_of_kind(error: AccountError, kind: &LocalizedText, formats: &str) =>
        "{kind:#}的数据格式只能是 {formats}", "{error} ({kind})";
    mode_of_kind(error: AccountError, kind: &LocalizedText) =>
        "{kind:#}只有安全模式：模式只能是 safe", "{error} ({kind})";
    plain_without_key() =>
        "明文模式：没有设置 WECHAT_ENCODING_AES_KEY", "plain mode: WECHAT_ENCODING_AES_KEY is not set";
    mode_needs_key(mode: &LocalizedText) =>
        "{mode:#}需要 WECHAT_ENCODING_AES_KEY", "{mode} needs WECHAT_ENCODING_AES_KEY";
    remote(host: &str) =>
        "{host} 不在本机：要推送到别的机器，请加 --allow-remote",
        "{host} is not on this machine: add --allow-remote to push there anyway";

    // Files.
    cannot_read(file: &dyn Display, error: &LocalizedText) =>
        "无法读取 {file}：{error:#}", "{file} cannot be read: {error}";
    cannot_write(file: &dyn Display, error: &LocalizedText) =>
        "无法写入 {file}：{error:#}", "{file} cannot be written: {error}";
    no_folder(folder: &dyn Display) => "目录 {folder} 不存在", "the folder {folder} does not exist";

    // Messages.
    mistake_with_command(mistake: &LocalizedText, command: &str) =>
        "{mistake:#}\n  {command}", "{mistake}\n  {command}";

    // Deliveries.
    waiting_for_answer() => "等待应答", "waiting for the answer";
    answered(number: u32, status: u16, took_ms: u64) =>
        "  第 {number} 次推送：{status} 应答，{took_ms} 毫秒",
        "  delivery {number}: answered with {status}, {took_ms} ms";
    timed_out(number: u32, took_ms: u64) =>
        "  第 {number} 次推送：超时，微信断开了连接，{took_ms} 毫秒",
        "  delivery {number}: timed out: WeChat hung up, {took_ms} ms";
    connection_lost(number: u32, took_ms: u64) =>
        "  第 {number} 次推送：连接中断，{took_ms} 毫秒",
        "  delivery {number}: the connection was lost, {took_ms} ms";
    refused_push() =>
        "  被拒绝：两边的 Token、AppID、EncodingAESKey 和模式一致吗？用 `wechat-sim verify` 可以查出是哪一项",
        "  refused: are Token, AppID, EncodingAESKey and mode the same on both sides? `wechat-sim verify` finds which";
    generated_for_bot() =>
        "  （启动机器人时用的是自动生成的账号；如果它从文件里读取自己的账号，请设置 WECHAT_APP_ID、WECHAT_TOKEN 和 WECHAT_ENCODING_AES_KEY）",
        "  (this bot was started with generated credentials; if it has its own in a file, set WECHAT_APP_ID, WECHAT_TOKEN and WECHAT_ENCODING_AES_KEY)";
    path_not_found() =>
        "  路径对吗？用 --path 指定，默认为 /weixin，智能机器人为 /aibot",
        "  is the path right? Give it with --path (default /weixin, for an AI bot /aibot)";
    url_not_found(url: &str) =>
        "  路径对吗？这里是 {url}，用 --url 指定", "  is the path right? The URL is {url}: give another with --url";
    answer_not_accepted() => "微信不接受这个应答", "WeChat does not accept the answer";
    nothing_shown() => "← （无回复）", "← (nothing)";
    any_agent() => "任一客服", "any agent";

    // Expectations.
    expects_text(text: &str) => "回复的文本是 {text:?}", "the reply is the text {text:?}";
    expects_part(part: &str) => "回复的文本包含 {part:?}", "the reply is a text with {part:?} in it";
    expects_kind(kind: &str) => "回复的类型是 {kind}", "the reply is of the kind {kind}";
    expects_nothing() => "用户什么也看不到", "the user sees nothing";
    expects_failure_notice() => "用户看到微信的故障提示", "the user sees WeChat's failure notice";
    expects_success() => "微信接受这个应答", "WeChat accepts the answer";
    expects_finish() => "六分钟内结束，每次应答都被接受", "the answer is finished within six minutes, and each part is accepted";
    moment(at: f64, text: &str) => "  {at:.1} 秒  {text}", "  {at:.1} s  {text}";
    not_finished() =>
            "  （六分钟到了，还没有 finish：企业微信不再刷新）",
            "  (after six minutes it is not finished: WeCom no longer asks)";
    expects_deliveries(count: usize, found: usize) =>
        "推送 {count} 次（实际 {found} 次）", "{count} deliveries (there were {found})";
    expects_within(limit: Duration, took: Duration) =>
        "{limit:?} 之内（实际 {took:?}）", "within {limit:?} (it took {took:?})";

    // The URL verification.
    verifying() => "验证 URL", "verifying the URL";
    verify_answer(status: u16, took_ms: u64, start: &str) =>
        "  应答：HTTP {status}，{took_ms} 毫秒，{start:?}",
        "  answered: HTTP {status} after {took_ms} ms, {start:?}";
    console_says() =>
        "  公众平台后台只会提示“token验证失败”", "  the console would only say “token验证失败”";
    console_accepts() =>
        "  公众平台后台会接受这个 URL，但消息到不了机器人，或者回复到不了用户",
        "  the console would accept this URL, but messages would not get through";
    only_the_token() =>
        "  只验证了 Token：指定 AppID 和 EncodingAESKey（或 --mode plain），才会再推送一个事件",
        "  only the Token was verified: with the AppID and the EncodingAESKey (or --mode plain), an event is pushed, too";

    // Attacks.
    no_such_attack(name: &str, known: &str) =>
        "没有名为 {name} 的攻击；有：{known}", "there is no attack {name}; the attacks are: {known}";
    no_such_attack_but(name: &str, meant: &LocalizedText) =>
        "没有名为 {name} 的攻击，是不是 {meant:#}？", "there is no attack {name}: did you mean {meant}?";
    genuine_refused(detail: &LocalizedText) =>
        "正常的消息没有被接受（{detail:#}）：AppID、密钥和模式一致吗？或路径不对（--path）",
        "a genuine message was not taken ({detail}): are the credentials and the mode the same on both sides? Or is the path (--path) wrong?";
    genuine_not_taken() => "正常的消息没有被接受", "a genuine message was not taken";
    // The verdicts are the first column of a table. A Chinese character is two columns wide.
    refused() => "已拒绝  ", "refused         ";
    accepted() => "被接受  ", "ACCEPTED        ";
    refused_by_failing(status: u16) => "已拒绝（{status}：是不是崩溃了？）  ", "refused ({status}: did it crash?)  ";
    not_applicable() => "不适用  ", "not applicable  ";
    not_reached() => "未连上  ", "not reached     ";
    unclear() => "不明确  ", "unclear         ";
    probe(forgery: &LocalizedText, detail: &LocalizedText) =>
        "    {forgery:#}：{detail:#}", "    {forgery}: {detail}";
    refusals_with_body(count: usize) =>
        "{count} 种的拒绝应答带有响应体：不应告诉攻击者错在哪里",
        "refusals with a body: {count}. Do not tell an attacker what was wrong";
    attack_totals(refused: usize, accepted: usize) =>
        "{refused} 种已拒绝，{accepted} 种被接受", "{refused} refused, {accepted} accepted";

    // Scenarios.
    waiting() => "等待", "waiting";
    interrupted() => "被中断", "interrupted";

    // The page.
    new_credentials() =>
        "没有指定账号：已自动生成一套，请在页面上查看，并配置到机器人",
        "no credentials were given, so new ones were generated. The page shows them; configure the bot with them";
    not_loopback(address: SocketAddr) =>
        "{address} 不是本机回环地址：页面只在本机提供",
        "{address} is not a loopback address: the page is served on this machine only";
    cannot_listen(address: SocketAddr, error: &LocalizedText) =>
        "无法监听 {address}：{error:#}", "cannot listen on {address}: {error}";
    page_at(url: &str) => "页面： {url}", "the page: {url}";
    no_page() =>
        "这个版本编译时没有页面：请启用 feature“page”重新编译。其他命令见 wechat-sim --help",
        "this build has no page: build it with the feature `page`. For the other commands see wechat-sim --help";

    // `dev`.
    no_command() => "没有命令", "there is no command";
    cannot_start(program: &dyn Display, error: &LocalizedText) =>
        "无法启动 {program}：{error:#}", "{program} cannot be started: {error}";
    started(listen: &str) =>
        "已启动，等待它在 LISTEN={listen} 监听", "started, waiting for it to listen on LISTEN={listen}";
    not_listening_yet(seconds: u64, listen: &str) =>
        "{seconds} 秒：机器人还没有在监听。请让它读取 LISTEN（{listen}），或用 --url 指定它的地址",
        "{seconds} s: the bot is not listening yet. Let it read LISTEN ({listen}), or give its --url";
    give_path() =>
        "  机器人的路径用 --path 指定，默认为 /weixin，智能机器人为 /aibot",
        "  give the bot's path with --path; the default is /weixin, for an AI bot /aibot";
    bot_at(url: &str) => "机器人在 {url}", "the bot is at {url}";
    stopped() => "已停止", "stopped";
    bot_ended(reason: &LocalizedText) => "机器人自行退出了：{reason:#}", "the bot ended by itself: {reason}";
    cannot_watch_files(error: &LocalizedText) => "无法监视文件的改动：{error:#}", "files cannot be watched: {error}";
    exit_status(code: i32) => "退出码 {code}", "exit status: {code}";
    ended_by(signal: &str) => "被终止（{signal}）", "{signal}";
    starts_on_page(url: &str) =>
        "在 {url} 可以重新启动它；Ctrl-C 退出", "restart it at {url}, or press Ctrl-C to quit";
    starts_on_change() => "文件改动后会重新启动；Ctrl-C 退出", "it is started again when a file changes; Ctrl-C quits";
    page_is_open(url: &str) =>
        "启动过程可以在浏览器里查看：{url}", "open {url} to see the bot start";
    listens_elsewhere(listen: &str) =>
        "机器人不读 LISTEN，它在 {listen} 监听", "the bot does not read LISTEN; it listens on {listen}";
    listens_on_several(listen: &str) =>
        "机器人不读 LISTEN，它在几处监听（{listen}），都没有通过 URL 验证：请用 --url 指定它的地址",
        "the bot does not read LISTEN. It listens on {listen}, and none of them could be verified: give its --url";
    changed(path: &dyn Display) => "有改动：{path}", "changed: {path}";
    building() => "正在编译", "building";
    build_failed() =>
        "编译失败：文件改动后会重新编译", "the build failed; it runs again when a file changes";
    cannot_watch(path: &dyn Display, error: &LocalizedText) =>
        "无法监视 {path}：{error:#}", "{path} cannot be watched: {error}";
}

/// Why there is no message to push.
pub(crate) mod compose {
    use wechat_sim::LocalizedText;

    wechat_sim::localized_texts! {
        no_such_message(name: &str) =>
            "没有“{name}”这种消息（有哪些见 wechat-sim send --help；别的 XML 用 wechat-sim raw 推送）",
            "there is no kind of message “{name}” (for the kinds see wechat-sim send --help; push other XML with wechat-sim raw)";
        no_such_message_but(name: &str, meant: &LocalizedText) =>
            "没有“{name}”这种消息，是不是 {meant:#}？", "there is no kind of message “{name}”: did you mean {meant}?";
        is_an_event(name: &str, event: &str) =>
            "“{name}”不是消息，{event} 是事件", "“{name}” is not a kind of message: {event} is an event";
        no_such_event(name: &str) =>
            "没有“{name}”这种事件（有哪些见 wechat-sim event --help；别的 XML 用 wechat-sim raw 推送）",
            "there is no event “{name}” (for the events see wechat-sim event --help; push other XML with wechat-sim raw)";
        no_such_event_but(name: &str, meant: &LocalizedText) =>
            "没有“{name}”这种事件，是不是 {meant:#}？（微信的事件名区分大小写）",
            "there is no event “{name}”: did you mean {meant}? (WeChat's names are case-sensitive)";
        event_of_others(name: &str, account: &str, others: &str) =>
            "{account} 没有事件“{name}”，{others} 才有：用 --kind 指定账号类型",
            "an account of the kind {account} has no event “{name}”: it is one of {others} (see --kind)";
        is_a_message(name: &str, message: &str) =>
            "“{name}”不是事件，{message} 是一种消息", "“{name}” is not an event: {message} is a kind of message";
        no_such_field_but(name: &str, kind: &str, meant: &LocalizedText) =>
            "{kind} 没有字段“{name}”，是不是 {meant:#}？",
            "{kind} has no field “{name}”: did you mean {meant}?";
        no_such_field(name: &str, kind: &str, fields: &str) =>
            "{kind} 没有字段“{name}”，它的字段有 {fields}（要加别的字段：用 --print-xml 得到 XML，改好后用 wechat-sim raw 推送）",
            "{kind} has no field “{name}”; its fields are {fields} (to add another: edit the XML that --print-xml prints, and push it with wechat-sim raw)";
        no_fields(name: &str, kind: &str) =>
            "{kind} 没有字段“{name}”，它没有自己的字段（要加别的字段：用 --print-xml 得到 XML，改好后用 wechat-sim raw 推送）",
            "{kind} has no field “{name}”, and none of its own (to add one: edit the XML that --print-xml prints, and push it with wechat-sim raw)";
        no_place_for_value(kind: &str) =>
            "无法确定 {kind} 的值放在哪个字段：请用 --field 名=值",
            "it is not known which field of {kind} has the value: use --field NAME=VALUE";
        bad_location() =>
            "位置写作“纬度,经度[,名称]”，如 30.27,120.15,西湖",
            "a location is LATITUDE,LONGITUDE[,LABEL], like 30.27,120.15,西湖";
    }
}

/// What is wrong with a scenario.
pub(crate) mod scenario {
    use std::fmt::Display;

    use wechat_sim::LocalizedText;

    wechat_sim::localized_texts! {
        another_account(file: &dyn Display, name: &str, wanted: &str, given: &str) =>
            "{file} 的 {name} 是 {wanted}，而这里已经是 {given}：它们要分开运行",
            "{file} has {name} = {wanted}, which is {given} here already: run it by itself";
        not_toml(file: &dyn Display, error: &str) =>
            "{file} 不是有效的 TOML 场景文件。解析器的错误信息：\n{error}",
            "{file} is not a scenario in TOML. The parser says:\n{error}";
        no_step(file: &dyn Display) => "{file}：没有 [[step]]", "{file}: there is no [[step]]";
        in_step(file: &dyn Display, number: usize, reason: &LocalizedText) =>
            "{file} 第 {number} 步：{reason:#}", "{file}: step {number}: {reason}";
        not_one_action() =>
            "text、send、event、raw、raw_file、wait、verify、attack 必须写一个，且只能写一个",
            "there is exactly one of text, send, event, raw, raw_file, wait, verify and attack";
        nothing_to_expect_of() =>
            "fields 和 expect 只用于消息和事件", "`fields` and `expect` go with a message or an event";
        value_without_send() => "value 要与 send 一起写", "`value` goes with `send`";
        raw_with_fields() => "原始 XML 没有 fields", "raw XML has no `fields`";
        expect_is_a_table(example: &str) =>
            "expect 是一个表：expect = {{ text = {example} }}", "`expect` is a table: expect = {{ text = {example} }}";
        except_without_attack() => "except 要与 attack 一起写", "`except` goes with `attack`";
        no_such_diagnosis(name: &str, known: &str) =>
            "没有“{name}”这种诊断；有：{known}", "there is no diagnosis “{name}”; the diagnoses are: {known}";
        no_such_diagnosis_but(name: &str, meant: &LocalizedText, known: &str) =>
            "没有“{name}”这种诊断，是不是 {meant:#}？有：{known}",
            "there is no diagnosis “{name}”: did you mean {meant}? The diagnoses are: {known}";
        verify_false() => "verify 只能是 true，或诊断的名字", "`verify` is true, or a diagnosis";
    }
}
