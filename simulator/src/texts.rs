//! Every text of the library, in Chinese and in English. The logic only names a text.
//!
//! The titles of the catalogue's kinds are in `kinds.xml`, the chat page's own messages in `page/web/messages.js`.

/// What each check of an answer found.
pub(crate) mod check {
    use std::time::Duration;

    use crate::LocalizedText;

    crate::localized_texts! {
        answered() => "收到应答", "an answer arrived";
        timed_out(limit: Duration) =>
            "{limit:?} 内没有收到完整的应答，微信断开了连接", "no complete answer within {limit:?}: WeChat hung up";
        connection_lost(reason: &LocalizedText) =>
            "连接中断：{reason:#}", "the connection was lost: {reason}";

        http_status(status: u16) => "HTTP 状态 {status}", "HTTP status {status}";
        body_length(length: usize) => "{length} 字节", "{length} bytes";
        body_too_long(length: usize) => "超过 {length} 字节", "more than {length} bytes";
        utf8() => "是 UTF-8，没有 BOM", "UTF-8 without a byte order mark";
        not_utf8() => "不是 UTF-8", "not UTF-8";
        byte_order_mark() => "开头有 BOM", "starts with a byte order mark";

        empty() => "应答为空：不回复", "an empty answer: no reply";
        success() => "success：不回复", "success: no reply";
        success_not_bare() =>
            "success 不能带引号或空白", "success must not have quotes or white space around it";
        not_success(start: &str) =>
            "系统事件只能应答 success，而不是 {start:?}",
            "a system event is answered with success and nothing else, not with {start:?}";
        neither_success_nor_document(format: &str, start: &str) =>
            "既不是 success 也不是 {format}：{start:?}", "neither success nor {format}: {start:?}";
        xml_for_json() =>
            "回复是 XML，而账号的数据格式是 JSON", "the reply is XML, and the account's data format is JSON";
        json_for_xml() =>
            "回复是 JSON，而账号的数据格式是 XML", "the reply is JSON, and the account's data format is XML";
        well_formed_json() => "JSON 格式正确", "well-formed JSON";
        not_well_formed_json(error: &LocalizedText) =>
            "JSON 格式不正确：{error:#}", "not well-formed JSON: {error}";
        well_formed() => "XML 格式正确", "well-formed XML";
        wrong_root(root: &str) =>
            "根元素是 <{root}>，应为 <xml>", "the root element is <{root}> and should be <xml>";
        decrypted_empty() =>
            "解密后的回复是空的：不回复时应直接应答 `success` 或空的响应体，不要加密",
            "the decrypted reply is empty: to answer nothing, send `success` or an empty body, not encrypted";
        not_well_formed(error: &LocalizedText) =>
            "XML 格式不正确：{error:#}", "not well-formed XML: {error}";

        encrypted_reply() => "加密回复", "an encrypted reply";
        encrypted_in_plain_mode() =>
            "明文模式下回复不能加密", "in plain mode a reply must not be encrypted";
        plain_reply() => "明文回复", "a plain reply";
        plain_in_safe_mode() => "安全模式下回复必须加密", "in safe mode a reply must be encrypted";
        complete_envelope() =>
            "Encrypt、MsgSignature、TimeStamp、Nonce 齐全",
            "Encrypt, MsgSignature, TimeStamp and Nonce are present";
        incomplete_envelope() =>
            "信封要有 Encrypt、MsgSignature、TimeStamp（数字）和 Nonce",
            "an envelope needs Encrypt, MsgSignature, TimeStamp (a number) and Nonce";
        incomplete_json_envelope() =>
            "信封要有 Encrypt、MsgSignature、TimeStamp（数字，不带引号）和 Nonce（字符串）",
            "an envelope needs Encrypt, MsgSignature, TimeStamp (a number, without quotes) and Nonce (a string)";
        right_signature() => "签名正确", "the signature is right";
        wrong_signature(given: &str, right: &str) =>
            "签名是 {given:?}，应为 {right}", "the signature is {given:?} and should be {right}";
        decrypted() => "解密成功", "decrypted";
        not_base64() => "Encrypt 不是 base64", "Encrypt is not base64";
        not_whole_blocks() =>
            "密文长度不是 16 的倍数", "the length of the ciphertext is not a multiple of 16 bytes";
        wrong_padding() =>
            "填充不正确：EncodingAESKey 是否一致？",
            "the padding is wrong: is the EncodingAESKey the same on both sides?";
        wrong_length_field() => "长度字段不正确", "the length field is wrong";
        right_app_id(name: &str, id: &str) => "{name} 是 {id}", "the {name} is {id}";
        wrong_app_id(name: &str, found: &str, id: &str) =>
            "{name} 是 {found:?}，应为 {id}", "the {name} is {found:?} and should be {id}";

        has(name: &str, value: &str) => "{name} 是 {value}", "the {name} is {value}";
        has_another(name: &str, value: &str, expected: &str) =>
            "{name} 是 {value:?}，应为 {expected:?}", "the {name} is {value:?} and should be {expected:?}";
        not_a_number(name: &str, value: &str) =>
            "{name} 是 {value:?}，应为整数", "the {name} is {value:?} and should be a number";
        missing(name: &str) => "没有 {name}", "there is no {name}";
        missing_inside(name: &str, parent: &str) => "{parent} 里没有 {name}", "there is no {name} in {parent}";

        text_present() => "Content 有内容", "Content is not empty";
        text_empty() => "Content 为空", "Content is empty";
        text_length(length: usize, limit: usize) =>
            "{length} 字节，上限 {limit} 字节（UTF-8）", "{length} bytes of UTF-8, at most {limit}";
        optional_fields(fields: &str) => "{fields} 可以省略，但不能为空", "{fields}: absent, or not empty";
        empty_optional_field(field: &str) =>
            "{field} 为空：不需要时应省略", "{field} is empty: leave it out";
        article_count(stated: &str, found: usize) =>
            "ArticleCount 为 {stated:?}，实际有 {found} 篇",
            "ArticleCount is {stated:?}, and the number of articles is {found}";
        articles_to_event(found: usize, limit: usize) =>
            "{found} 篇；回复事件可有 1 至 {limit} 篇",
            "{found} articles; a reply to an event can have 1 to {limit}";
        articles_to_message(found: usize, limit: usize) =>
            "{found} 篇；回复消息可有 1 至 {limit} 篇",
            "{found} articles; a reply to a message can have 1 to {limit}";
        article_fields() =>
            "每篇都有标题、描述、图片和链接", "each article has a title, description, picture and link";
        article_fields_missing(fields: &str) => "缺少 {fields}，或为空", "missing or empty: {fields}";
        news_articles(found: usize, limit: usize) =>
            "{found} 篇；可有 1 至 {limit} 篇", "{found} articles; there can be 1 to {limit}";
        reply_of_another_kind(kind: &str, account: &LocalizedText) =>
            "{account:#}没有 {kind} 这种被动回复", "{account}: there is no passive reply {kind}";
        only_transfer(kind: &str) =>
            "MsgType 是 {kind}：小程序和微信小店的被动回复只能是 transfer_customer_service，其他内容请调用客服消息接口发送",
            "the MsgType is {kind}: a mini-program and a store can reply only with transfer_customer_service. Send anything else with the customer service API (custom/send)";
        updates_a_card() => "可以更新卡片：推送的是卡片事件", "it updates a card: the push is the event of a card";
        no_card_to_update(kind: &str) =>
            "{kind} 只能回复卡片事件（template_card_event、template_card_menu_event、taskcard_click）",
            "{kind} is a reply only to the event of a card (template_card_event, template_card_menu_event, taskcard_click)";
        card_type(kind: &str) => "CardType 是 {kind}", "the CardType is {kind}";
        unknown_card_type(kind: &str, known: &str) =>
            "CardType 是 {kind:?}，应为其中之一：{known}", "the CardType is {kind:?} and should be one of {known}";
        message_transferred() => "消息可以转给客服", "a message can be transferred";
        bot_envelope() =>
            "encrypt、msgsignature、timestamp、nonce 齐全",
            "encrypt, msgsignature, timestamp and nonce are present";
        incomplete_bot_envelope() =>
            "信封要有小写的 encrypt、msgsignature、nonce（字符串）和 timestamp（数字，不带引号）",
            "an envelope needs, in lower case, encrypt, msgsignature, nonce (strings) and timestamp (a number, without quotes)";
        empty_object() => "加密的 {{}}：不回复", "an encrypted {{}}: no reply";
        same_nonce() => "nonce 与请求的相同", "the nonce is the request's";
        another_nonce(nonce: &str, expected: &str) =>
            "nonce 是 {nonce:?}，应为请求的 {expected:?}",
            "the nonce is {nonce:?} and should be the request's, {expected:?}";
        unknown_bot_reply(kind: &str) =>
            "智能机器人没有 {kind:?} 这种回复：只有 stream、stream_with_template_card、template_card、text 和 update_template_card",
            "an AI bot has no reply {kind:?}: there are stream, stream_with_template_card, template_card, text and update_template_card";
        text_to_message() =>
            "text 只能回复进入会话事件（enter_chat）；回复消息要用 finish 为 true 的 stream，否则用户什么也看不到",
            "text is a reply only to enter_chat; a message is answered with a stream whose finish is true, or else the user sees nothing";
        bot_reply_of_another_push(kind: &str, push: &str) =>
            "{kind} 不能回复 {push}", "{kind} is no reply to {push}";
        stream_id(id: &str) => "stream.id 是 {id}", "the stream.id is {id}";
        no_stream_id() => "stream.id 为空：第一次回复就必须设置", "stream.id is empty: the first answer has to set it";
        another_stream_id(id: &str, expected: &str) =>
            "stream.id 是 {id:?}，应为请求里的 {expected:?}",
            "the stream.id is {id:?} and should be the request's, {expected:?}";
        stream_finish(finish: bool) => "stream.finish 是 {finish}", "stream.finish is {finish}";
        no_stream_finish() =>
            "stream.finish 应为 true 或 false（不带引号）", "stream.finish should be true or false, without quotes";
        stream_content() => "stream.content 是字符串", "stream.content is a string";
        no_stream_content() => "stream.content 应为字符串", "stream.content should be a string";
        stream_images(count: usize) =>
            "{count} 个 msg_item，每个都有 base64 和 md5", "{count} msg_item, each with base64 and md5";
        images_before_finish() =>
            "msg_item 只能在 finish 为 true 时发送", "msg_item is allowed only where finish is true";
        too_many_images(count: usize) => "{count} 个 msg_item，最多 10 个", "{count} msg_item, and 10 are the most";
        wrong_image(number: usize) =>
            "第 {number} 个 msg_item 应为 image，带 base64 和原始图片的 md5（十六进制）",
            "msg_item {number} should be an image with base64 and md5 (in hexadecimal digits, of the picture itself)";
        no_picture(number: usize) =>
            "第 {number} 个 msg_item 不是 10 MB 以内的 JPG 或 PNG",
            "msg_item {number} is no JPG or PNG of at most 10 MB";
        feedback_id() => "feedback.id 有 1 至 256 字节", "feedback.id has 1 to 256 bytes";
        wrong_feedback_id() =>
            "feedback.id 应为 1 至 256 字节的字符串", "feedback.id should be a string of 1 to 256 bytes";
        bot_card_type(kind: &str) => "card_type 是 {kind}", "the card_type is {kind}";
        unknown_bot_card_type(kind: &str, known: &str) =>
            "card_type 是 {kind:?}，应为其中之一：{known}", "the card_type is {kind:?} and should be one of {known}";
        second_card() =>
            "一条消息只能回复一张卡片，这条已经有了", "a message is answered with one card, and this one has it already";
        first_card() => "这条消息的第一张卡片", "the first card of this message";
        no_bot_card_to_update() =>
            "update_template_card 只能回复卡片事件（template_card_event）",
            "update_template_card is a reply only to the event of a card (template_card_event)";
        event_transferred() => "事件不能转给客服", "an event cannot be transferred";
    }
}

/// Why there is no answer.
pub(crate) mod connection {
    use std::time::Duration;

    use crate::LocalizedText;

    crate::localized_texts! {
        not_a_url(url: &str) => "“{url}”不是 URL", "“{url}” is not a URL";
        not_a_url_without_scheme(url: &str) =>
            "“{url}”不是 URL：前面加上 http://", "“{url}” is not a URL: write http:// in front";
        not_http_url(url: &str) =>
            "“{url}”：URL 应以 http:// 或 https:// 开头", "“{url}”: a URL starts with http:// or https://";
        no_tls(url: &str) => "{url}：https 需要 feature“tls”：cargo install --path simulator --features tls",
            "{url}: https needs the feature `tls`: cargo install --path simulator --features tls";
        no_host(url: &str) => "“{url}”里没有主机名", "there is no host in “{url}”";
        remote(host: &str) =>
            "{host} 不在本机：默认只允许推送到本机",
            "{host} is not on this machine: pushes go to loopback addresses only, unless remote addresses are allowed";
        unreachable(error: &LocalizedText) => "无法连接：{error:#}", "no connection: {error}";
        broken(error: &LocalizedText) => "连接中断：{error:#}", "the connection was lost: {error}";

        refused() => "这个端口没有服务在监听", "no server listens on this port";
        no_such_host(host: &str) => "无法解析主机名 {host}（DNS）", "the host {host} is not known (DNS)";
        no_route() => "网络不通", "there is no route to it";
        timed_out(limit: Duration) => "{limit:?} 内没有连上", "nothing answered within {limit:?}";
        reset() => "对方重置了连接", "the other side reset it";
        closed() => "应答还不完整，对方就关闭了连接", "the other side closed it before the answer was complete";
        not_http() =>
            "对方返回的不是 HTTP：URL 是否应以 https:// 开头？",
            "what came back is not HTTP: should the URL start with https://?";
        not_tls() =>
            "对方没有启用 TLS：URL 是否应以 http:// 开头？",
            "the other side does not speak TLS: should the URL start with http://?";
        certificate_of_another_name() => "证书不是这个域名的", "the certificate is for another host name";
        certificate_expired() =>
            "证书已过期，或尚未生效（本机的时间准吗？）",
            "the certificate has expired or is not valid yet (is this machine's clock right?)";
        certificate_of_unknown_issuer() =>
            "证书不是受信任的机构签发的：自签名，或缺少中间证书",
            "the certificate's issuer is not trusted: it is self-signed, or an intermediate certificate is missing";
        tls(words: &str) => "TLS 失败。TLS 库的错误信息：{words}", "TLS failed. The library says: {words}";
        service(words: &str) =>
            "本进程里的服务出错：{words}", "the service in this process failed. It says: {words}";
        system(words: &str) => "系统错误：{words}", "the system says: {words}";
    }
}

/// Why there is no conversation with an AI bot.
pub(crate) mod conversation {
    crate::localized_texts! {
        three_in_progress() =>
            "这个用户已有三条消息还没有回复完：企业微信不会推送第四条",
            "three messages of this user are in progress: WeCom does not push a fourth";
        no_aibot() => "账号不是智能机器人", "the account is no AI bot";
    }
}

/// Errors of the system, with files and ports.
pub(crate) mod system {
    crate::localized_texts! {
        not_found() => "没有这个文件", "there is no such file";
        not_permitted() => "没有权限", "permission denied";
        already_there() => "已经存在", "it already exists";
        port_in_use() => "端口已被占用", "the port is in use";
        no_such_address() => "本机没有这个地址", "this machine does not have this address";
        not_utf8() => "内容不是 UTF-8", "its content is not UTF-8";
        is_a_directory() => "是一个目录", "it is a directory";
        not_a_directory() => "路径中有一段不是目录", "a part of the path is not a directory";
        storage_full() => "磁盘已满", "the disk is full";
        unknown(error: &std::io::Error) => "系统错误：{error}", "the system says: {error}";
    }
}

/// The names of the modes.
pub(crate) mod mode {
    crate::localized_texts! {
        plain() => "明文模式", "plain mode";
        compatible() => "兼容模式", "compatible mode";
        safe() => "安全模式", "safe mode";
    }
}

/// The kinds of accounts.
pub(crate) mod account_kind {
    crate::localized_texts! {
        official() => "公众号", "Official Account";
        mini_program() => "小程序", "mini-program";
        store() => "微信小店、视频号", "WeChat Store, Channels";
        wecom() => "企业微信", "WeCom";
        platform() => "第三方平台", "third-party platform";
        aibot() => "企业微信智能机器人", "WeCom AI bot";
    }
}

/// Why JSON could not be read.
pub(crate) mod json {
    crate::localized_texts! {
        broken(line: usize, column: usize) =>
            "第 {line} 行第 {column} 列：JSON 格式不正确", "line {line}, column {column}: not valid JSON";
        breaks_off() => "JSON 不完整", "the JSON breaks off";
        not_an_object() => "不是 JSON 对象", "it is not a JSON object";
    }
}

/// Why XML is not well-formed.
pub(crate) mod xml {
    use crate::LocalizedText;

    crate::localized_texts! {
        at(row: u32, column: u32, what: &LocalizedText) =>
            "第 {row} 行第 {column} 列：{what:#}", "line {row}, column {column}: {what}";
        too_deep(limit: usize) => "元素嵌套超过 {limit} 层", "elements are nested deeper than {limit} levels";
        no_element() => "没有元素", "there is no element";
        unclosed() => "最外层的元素没有结束标签", "the end tag of the outermost element is missing";
        document_type() => "有 DOCTYPE", "there is a document type declaration";
        too_much() => "元素或属性太多", "there are too many elements or attributes";
        breaks_off() => "内容不完整", "it breaks off";
        other_end_tag(expected: &str, found: &str) =>
            "结束标签是 </{found}>，应为 </{expected}>",
            "the end tag is </{found}> and should be </{expected}>";
        unknown_entity(name: &str) =>
            "XML 里没有实体 &{name};", "the entity &{name}; is not defined in XML";
        bare_ampersand() =>
            "& 没有转义：写成 &amp;，或放进 CDATA", "a bare &: write &amp;, or use CDATA";
        attribute_twice(name: &str) => "属性 {name} 写了两次", "the attribute {name} is present twice";
        attribute_without_quotes() => "属性值要放在引号里", "an attribute value must be in quotes";
        attribute_value() => "属性值里不能有 <", "an attribute value cannot contain <";
        unknown_prefix(prefix: &str) => "前缀 {prefix} 没有声明", "the prefix {prefix} is not declared";
        late_declaration() => "<?xml …?> 只能在最前面", "<?xml ...?> can only be at the very beginning";
        forbidden_character(code: u32) =>
            "XML 不允许的字符 U+{code:04X}", "the character U+{code:04X}, which XML does not allow";
        cdata_end() => "文本里不能有 ]]>", "a text cannot contain ]]>";
        comment() => "注释里不能有 --", "a comment cannot contain --";
        name() => "名字不正确", "the name is not valid";
        expected(what: &str) => "这里应为 {what}", "expected {what} here";
        misplaced() => "这里不允许出现这个", "this cannot be here";
    }
}

/// What is wrong with a URL verification, and what to do about it.
pub(crate) mod handshake {
    use crate::LocalizedText;

    crate::localized_texts! {
        verified() => "验证成功", "verified";
        no_server(error: &LocalizedText) =>
            "{error:#}。服务器启动了吗？域名和端口对吗？",
            "{error}. Is the server running? Are host name and port right?";
        connection_lost(reason: &LocalizedText) =>
            "连接中断：{reason:#}", "the connection was lost: {reason}";
        slow() =>
            "5 秒内没有应答：验证请求应当立即应答",
            "no answer within five seconds: a verification should be answered at once";
        slow_in_wecom() =>
            "1 秒内没有应答：企业微信只等 1 秒，验证请求应当立即应答",
            "no answer within one second, which is how long WeCom waits: a verification should be answered at once";
        wrong_credentials(status: u16) =>
            "被拒绝（{status}）：两边的 Token、EncodingAESKey 和 CorpID（智能机器人没有 ID，为空）一致吗？服务器时间准吗？代理有没有去掉 ? 后面的参数，或把 + 变成空格？",
            "refused ({status}): are the Token, the EncodingAESKey and the CorpID (an AI bot has no id: it is empty) the same on both sides? Is the server's clock right? Does a proxy drop the query, or turn + into a blank?";
        not_decrypted() =>
            "返回的是加密的 echostr：企业微信要求返回解密后的明文",
            "the answer is the encrypted echostr: WeCom wants the decrypted one";
        trailing_slash(location: &str) =>
            "跳转到 {location}，只差结尾的斜杠：微信不跟随跳转，请在后台填写跳转后的地址",
            "redirected to {location}, which differs only in its trailing slash: WeChat does not follow redirects, so enter that URL in the console";
        redirect(location: &str) =>
            "跳转到 {location}：微信不跟随跳转，请直接填写最终地址，且此地址不能要求登录",
            "redirected to {location}: WeChat does not follow redirects. Enter the final URL in the console; it must not require a login";
        https_redirect(location: &str) =>
            "跳转到 {location}：微信不跟随跳转，请在后台填写 https 的地址",
            "redirected to {location}: WeChat does not follow redirects, so enter the https URL in the console";
        wrong_token(status: u16) =>
            "被拒绝（{status}）：两边的 Token 一致吗？服务器时间准吗？",
            "refused ({status}): is the Token the same on both sides? Is the server's clock right?";
        wrong_token_or_no_query(status: u16) =>
            "被拒绝（{status}）：要么两边的 Token 不一致，要么代理去掉了 ? 后面的参数（不带参数的请求也得到同样的应答）。服务器时间准吗？",
            "refused ({status}): either the Token is not the same on both sides, or a proxy drops the query (a request without one is refused in the same way). Is the server's clock right?";
        no_query(status: u16) =>
            "被拒绝（{status}），不带参数的请求也得到同样的应答：要么 ? 后面的参数没有到达（代理把它去掉了？），要么两边的 Token 不一致",
            "refused ({status}), exactly like a request without a query: either the query does not arrive (does a proxy drop it?), or the Token is not the same on both sides";
        login(status: u16) =>
            "要求登录（{status}）：微信不会登录，请让此地址绕过登录",
            "a login is required ({status}): WeChat does not log in, so exempt this URL from it";
        not_found() => "404：路径对吗？", "404: is the path right?";
        other_slash(url: &str) =>
            "404，但 {url} 能通过验证，只差结尾的斜杠：请在后台填写它",
            "404, but {url} is verified, which differs only in its trailing slash: enter that URL in the console";
        get_not_allowed() =>
            "405：此地址只接受 POST，验证用的是 GET", "405: the URL accepts only POST, and a verification is a GET";
        status(status: u16) => "状态码 {status}，应为 200", "the status is {status} and should be 200";
        quoted() =>
            "echostr 带了引号：要原样返回，不要转成 JSON",
            "the echostr is in quotes: return it unchanged, not as JSON";
        byte_order_mark() =>
            "echostr 前有 BOM：请把源文件或模板保存为无 BOM 的 UTF-8",
            "there is a byte order mark before the echostr: save the source file or template as UTF-8 without one";
        white_space() =>
            "echostr 前后有空白或换行：要原样返回",
            "there is white space around the echostr: return it unchanged";
        compressed(encoding: &str) =>
            "应答被压缩了（{encoding}），而请求没有声明接受压缩：请对此地址关闭代理或框架的压缩",
            "the answer is compressed ({encoding}), which the request does not accept: turn off the compression of the proxy or the framework for this URL";
        html() =>
            "返回了网页：要以 text/plain 原样返回 echostr",
            "the answer is a web page: return the echostr alone, as text/plain";
        empty() =>
            "应答为空：要返回 echostr。Token 一致吗？代理有没有去掉 ? 后面的参数？",
            "the answer is empty: return the echostr. Is the Token the same on both sides? Does a proxy drop the query?";
        not_the_echostr(start: &str) =>
            "返回的不是 echostr，而是 {start:?}：Token 一致吗？代理有没有去掉 ? 后面的参数？",
            "the answer is not the echostr but {start:?}: is the Token the same on both sides? Does a proxy drop the query?";
    }
}

/// What the push after a right URL verification found.
pub(crate) mod verification {
    use crate::LocalizedText;

    crate::localized_texts! {
        verified(event: &str, mode: &LocalizedText) =>
            "验证成功，又推送了一个事件（{event}，{mode:#}），应答正确",
            "verified, and one pushed event ({event}, {mode}) was answered correctly";
        lost(error: &LocalizedText) =>
            "URL 验证通过了，但随后的推送失败了。{error:#}", "the URL is verified, but not the push after it: {error}";
        broken(reason: &LocalizedText) =>
            "URL 验证通过了，但随后的推送没有应答，连接中断：{reason:#}。机器人崩溃了吗？请看它的日志",
            "the URL is verified, but at the push after it the connection was lost: {reason}. Did the bot crash? See its log";
        slow() =>
            "URL 验证通过了，但随后的推送三次都没有及时应答：对不处理的事件应立即应答 success",
            "the URL is verified, but no delivery of the push after it was answered in time: answer an event that is not handled with success, at once";
        refused(status: u16, mode: &LocalizedText) =>
            "URL 验证通过了（Token 一致），但推送被拒绝（{status}）：两边的 EncodingAESKey 和 AppID 一致吗？（这里是{mode:#}，机器人也不接受明文）",
            "the URL is verified (the Token is the same on both sides), but the push after it was refused ({status}): are the EncodingAESKey and the AppID the same, too? (It was pushed in {mode}; the bot does not accept a plain push, either)";
        refused_in_wecom(status: u16) =>
            "URL 验证通过了（Token、EncodingAESKey 和 CorpID 都一致），但推送被拒绝（{status}）：请看机器人的日志",
            "the URL is verified (Token, EncodingAESKey and CorpID are the same on both sides), but the push after it was refused ({status}): see the bot's log";
        refused_by_aibot(status: u16) =>
            "URL 验证通过了（Token 和 EncodingAESKey 都一致），但推送被拒绝（{status}）：请看机器人的日志",
            "the URL is verified (Token and EncodingAESKey are the same on both sides), but the push after it was refused ({status}): see the bot's log";
        refused_in_format(status: u16, format: &str) =>
            "URL 验证通过了（Token 一致），但推送被拒绝（{status}）：两边的 EncodingAESKey、AppID 和模式一致吗？机器人的数据格式也是 {format} 吗？",
            "the URL is verified (the Token is the same on both sides), but the push after it was refused ({status}): are the EncodingAESKey, the AppID and the mode the same, too? Is the bot's data format {format}?";
        bot_is_plain() =>
            "URL 验证通过了（Token 一致），但机器人拒绝加密的推送，却接受明文：EncodingAESKey 或 AppID 不一致，或者机器人是明文模式。（如果不是明文模式，说明它会被 plaintext-downgrade 攻击。）",
            "the URL is verified (the Token is the same on both sides), but the bot refuses an encrypted push and accepts a plain one: another EncodingAESKey, another AppID, or the bot's mode is plain. (If it is not plain, it accepts plaintext-downgrade: see `wechat-sim attack`.)";
        bot_is_encrypted() =>
            "URL 验证通过了（Token 一致），但机器人拒绝明文的推送，却接受加密的：它设成了安全或兼容模式吗？",
            "the URL is verified (the Token is the same on both sides), but the bot refuses a plain push and accepts an encrypted one: is the bot's mode safe or compatible?";
        refused_in_plain_mode(status: u16) =>
            "URL 验证通过了（Token 一致），但推送被拒绝（{status}）：机器人也是明文模式（这里是 plain）吗？",
            "the URL is verified (the Token is the same on both sides), but the push after it was refused ({status}): is the bot's mode plain, too?";
        redirect(location: &str) =>
            "URL 验证通过了，但推送（POST）被跳转到 {location}：微信不跟随跳转",
            "the URL is verified, but the push (POST) was redirected to {location}: WeChat does not follow redirects";
        not_found() =>
            "URL 验证通过了，但推送（POST）得到 404：这个地址只处理 GET 吗？",
            "the URL is verified, but the push (POST) got 404: does the URL have a route only for GET?";
        post_not_allowed() =>
            "URL 验证通过了，但推送得到 405：此地址只接受 GET，推送用的是 POST",
            "the URL is verified, but the push got 405: the URL accepts only GET, and a push is a POST";
        media_type(media_type: &str) =>
            "URL 验证通过了，但推送得到 415：框架不接受 {media_type}，请按原始字节读取请求体",
            "the URL is verified, but the push got 415: the framework does not accept {media_type}. Read the body as bytes";
        gateway(status: u16) =>
            "URL 验证通过了，但推送得到 {status}：多半是代理没有连上机器人，或没有等到它的应答",
            "the URL is verified, but the push got {status}: most often a proxy did not reach the bot, or did not wait for its answer";
        failed(status: u16, event: &str) =>
            "URL 验证通过了，但推送得到 {status}：机器人处理推送时出错了（密钥或 AppID 不一致？不认识 {event} 事件？），请看它的日志",
            "the URL is verified, but the push got {status}: the bot failed on it (another key or AppID? an event, {event}, that it does not expect?). See its log";
        status(status: u16) =>
            "URL 验证通过了，但推送的状态码是 {status}，应为 200",
            "the URL is verified, but the status of the push is {status} and should be 200";
        compressed(encoding: &str) =>
            "URL 验证通过了，但推送的应答被压缩了（{encoding}），而请求没有声明接受压缩：请对此地址关闭代理或框架的压缩",
            "the URL is verified, but the answer to the push is compressed ({encoding}), which the request does not accept: turn off the compression of the proxy or the framework for this URL";
        html() =>
            "URL 验证通过了，但推送的应答是网页：POST 到了登录页或错误页吗？",
            "the URL is verified, but the answer to the push is a web page: does the POST end at a login or an error page?";
        plain_reply(mode: &LocalizedText) =>
            "URL 验证通过了，但回复是明文，{mode:#}下必须加密：机器人设成了明文模式吗？",
            "the URL is verified, but the reply is plain, and in {mode} it must be encrypted: is the bot in plain mode?";
        encrypted_reply() =>
            "URL 验证通过了，但回复是加密的，明文模式下不能加密：机器人的模式不是 plain 吗？",
            "the URL is verified, but the reply is encrypted, and in plain mode it must not be: is the bot's mode not plain?";
        wrong_signature() =>
            "URL 验证通过了，但加密回复的 MsgSignature 不对：要用 Token、TimeStamp、Nonce 和 Encrypt 计算",
            "the URL is verified, but the MsgSignature of the encrypted reply is wrong: it is computed from the Token, TimeStamp, Nonce and Encrypt";
        wrong_key() =>
            "URL 验证通过了，但加密回复解不开：两边的 EncodingAESKey 一致吗？",
            "the URL is verified, but the encrypted reply does not decrypt: is the EncodingAESKey the same on both sides?";
        wrong_app_id() =>
            "URL 验证通过了，但加密回复里是另一个 AppID：两边的 AppID 一致吗？",
            "the URL is verified, but the encrypted reply is for another AppID: is the AppID the same on both sides?";
        not_accepted(detail: &LocalizedText) =>
            "URL 验证通过了，但微信不接受推送的应答：{detail:#}",
            "the URL is verified, but WeChat does not accept the answer to the push: {detail}";
    }
}

/// The attacks' titles, and what a bot did.
pub(crate) mod attack {
    use std::time::Duration;

    crate::localized_texts! {
        bad_signature() => "签名改了一位", "one digit of the signature is changed";
        missing_signature() => "没有签名", "the signature is missing";
        swapped_signatures() =>
            "signature 与 msg_signature 对调", "signature and msg_signature are swapped";
        old_timestamp() => "一小时前的请求", "the request is an hour old";
        future_timestamp() => "一小时后的请求", "the request is from an hour ahead";
        replay_with_another_body() =>
            "正常请求的签名配上另一条消息", "a genuine request's query with another message";
        other_app_id() => "为另一个 AppID（CorpID）加密", "encrypted for another AppID (or CorpID)";
        empty_app_id() => "密文里的 AppID（CorpID）为空", "the AppID (or CorpID) in the ciphertext is empty";
        other_platform() =>
            "另一个第三方平台的推送", "a push of another third-party platform";
        other_key() => "用另一个密钥加密", "encrypted with another key";
        plaintext_downgrade() => "加密模式下发送明文", "a plain message where it must be encrypted";
        unknown_stream() =>
            "刷新一个不认识的 stream.id（重启之后）：要应答 200",
            "a refresh with a stream.id that the bot does not know, as after a restart: to be answered with 200";
        cut_ciphertext() => "密文被截断", "the ciphertext is truncated";
        flipped_ciphertext() => "密文翻转一位", "a bit of the ciphertext is flipped";
        bad_padding() => "填充不正确", "the padding is wrong";
        bad_length() => "长度字段不正确", "the length field is wrong";
        doubled_parameters() => "参数出现两次", "a parameter is present twice";
        oversize() => "超大的请求（1 MiB）", "a message of 1 MiB";
        slow_body() => "请求体每秒只发一个字节", "one byte a second";
        other_format() =>
            "数据格式不是后台设置的那一种", "the data format is not the account's";
        broken_xml() => "XML 不完整", "the XML is incomplete";
        broken_json() => "JSON 不完整", "the JSON is incomplete";
        deep_json() => "JSON 嵌套五千层", "JSON that is nested five thousand levels deep";
        doubled_keys() =>
            "JSON 里同一个键出现两次（或只有大小写不同）",
            "a key is present twice in the JSON, or again in another case";
        doctype() => "DOCTYPE 与实体炸弹", "document types and entity bombs";
        verification_bad_signature() =>
            "签名错误的 URL 验证", "a URL verification with a wrong signature";
        verification_clear_echostr() =>
            "echostr 没有加密的 URL 验证", "a URL verification whose echostr is not encrypted";
        verification_other_company() =>
            "为另一家企业加密的 URL 验证", "a URL verification that is encrypted for another company";

        refused(status: u16) => "拒绝（{status}）", "refused with {status}";
        accepted(status: u16) => "接受（{status}）", "accepted with {status}";
        not_refused(limit: Duration) => "{limit:?} 内没有拒绝", "not refused within {limit:?}";
    }
}

/// What is forged about each request of an attack.
pub(crate) mod forgery {
    crate::localized_texts! {
        none() => "没有伪造：正常的请求", "nothing: it is genuine";
        unknown_stream() => "没有伪造：stream.id 不认识", "nothing: it is genuine, with a stream.id that is not known";
        another_digit(name: &str) => "{name} 的第一位改了", "the first digit of {name} is changed";
        missing(name: &str) => "没有 {name}", "{name} is missing";
        empty(name: &str) => "{name} 为空", "{name} is empty";
        swapped() =>
            "signature 的值与 msg_signature 的值对调", "the values of signature and msg_signature are swapped";
        renamed(name: &str, other: &str) =>
            "签名写在 {other} 里，没有 {name}", "the signature is in {other}, and there is no {name}";
        another_token() => "用另一个 Token 签名", "signed with another Token";
        verification_of_official() =>
            "公众号的验证：signature 正确，echostr 是明文",
            "as for an Official Account: the signature is right, and the echostr is plain";
        clear_echostr() =>
            "msg_signature 正确，echostr 是明文", "the msg_signature is right, and the echostr is plain";
        an_hour_old() => "签名正确，时间戳是一小时前的", "the signature is right, the timestamp an hour old";
        an_hour_ahead() => "签名正确，时间戳是一小时后的", "the signature is right, the timestamp an hour ahead";
        another_body() =>
            "URL 是上一个正常请求的，请求体是另一条消息", "the URL is the genuine request's, the body another message";
        another_app_id(name: &str) =>
            "签名正确，密文里是另一个 {name}", "the signature is right, the {name} in the ciphertext another one";
        no_app_id(name: &str) =>
            "签名正确，密文里的 {name} 为空", "the signature is right, the {name} in the ciphertext empty";
        event_of_another_platform() =>
            "签名正确，是另一个平台的 component_verify_ticket",
            "the signature is right, it is the component_verify_ticket of another platform";
        for_the_authorizer() =>
            "签名正确，密文里是授权方的 AppID，而不是平台的",
            "the signature is right, the AppID in the ciphertext is the authorised account's and not the platform's";
        another_key() =>
            "签名正确，用另一个 EncodingAESKey 加密", "the signature is right, encrypted with another EncodingAESKey";
        plain() =>
            "没有加密，也没有 msg_signature；signature 正确",
            "not encrypted and without msg_signature; the signature is right";
        plain_as_encrypt_type() =>
            "没有加密，encrypt_type 为 raw；signature 正确", "not encrypted, encrypt_type is raw; the signature is right";
        plain_body() =>
            "URL 是加密请求的，请求体没有加密", "the URL is the one of an encrypted request, the body is not encrypted";
        cut(length: usize) =>
            "密文少了最后 {length} 个 base64 字符，重新签名",
            "the last base64 characters of the ciphertext are missing ({length}); signed again";
        no_ciphertext() => "密文为空，重新签名", "the ciphertext is empty; signed again";
        no_last_block() => "密文少了最后一块（16 字节），重新签名", "the last block of the ciphertext (16 bytes) is missing; signed again";
        flipped(at: usize) =>
            "密文的第 {at} 个字符改了，签名是原文的",
            "character {at} of the ciphertext is changed; the signature is the original's";
        flipped_and_signed(at: usize) =>
            "密文的第 {at} 个字符改了，重新签名", "character {at} of the ciphertext is changed; signed again";
        padding(last: u8) =>
            "填充的最后一个字节是 {last}；签名正确", "the last byte of the padding is {last}; the signature is right";
        length(length: u32) =>
            "长度字段写着 {length}；签名正确", "the length field says {length}; the signature is right";
        doubled_first(name: &str) =>
            "{name} 出现两次：先是 1，再是正确的值", "{name} is present twice: 1, then the right value";
        doubled_second(name: &str) =>
            "{name} 出现两次：先是正确的值，再是 1", "{name} is present twice: the right value, then 1";
        long() => "签名正确，消息超过 1 MiB", "the signature is right, the message longer than 1 MiB";
        long_and_chunked() =>
            "签名正确，消息超过 1 MiB，分块传输，没有 content-length",
            "the signature is right, the message longer than 1 MiB, sent in chunks without a content-length";
        dripped() => "签名正确，请求体每秒只发一个字节", "the signature is right, the body arrives at one byte a second";
        message_is(start: &str) =>
            "签名正确，请求体是：{start:?}", "the signature is right, the body is {start:?}";
        decrypted_message_is(start: &str) =>
            "签名与加密正确，解密后是：{start:?}", "signature and encryption are right, the decrypted message is {start:?}";
        open_json_envelope() =>
            "签名正确，信封没有结尾的括号", "the signature is right, the envelope has no closing brace";
        envelope_twice() => "签名正确，信封写了两遍", "the signature is right, the envelope is there twice";
        envelope_in_a_list() =>
            "签名正确，信封放在数组里", "the signature is right, the envelope is in an array";
        deep_message(bracket: &str) =>
            "签名与加密正确，消息里 {bracket} 嵌套五千层",
            "signature and encryption are right, {bracket} is nested five thousand levels deep in the message";
        deep_envelope(bracket: &str) =>
            "签名正确，信封里 {bracket} 嵌套五千层",
            "the signature is right, {bracket} is nested five thousand levels deep in the envelope";
        message_in(format: &str) =>
            "签名与加密正确，消息是 {format}", "signature and encryption are right, the message is {format}";
        envelope_in(format: &str) =>
            "签名与加密正确，信封是 {format}", "signature and encryption are right, the envelope is {format}";
        doubled_in_message(name: &str) =>
            "签名与加密正确，消息里又有一个 {name}",
            "signature and encryption are right, the message has a second {name}";
        doubled_in_envelope(first: &str, second: &str) =>
            "{first} 的签名正确，信封里还有一个 {second}",
            "the signature of {first} is right, and the envelope has another {second}";
        open_envelope() =>
            "签名正确，信封没有结束标签", "the signature is right, the envelope has no end tag";
        envelope_has(start: &str) =>
            "签名正确，信封里夹着：{start:?}", "the signature is right, the envelope contains {start:?}";
    }
}

/// Why the chat page's server refused what the browser asked for.
#[cfg(feature = "page")]
pub(crate) mod page {
    use crate::LocalizedText;

    crate::localized_texts! {
        unknown_kind() =>
            "只能是消息、事件或原始 XML", "neither a message, nor an event, nor raw XML";
        bad_field_name() => "字段名只能是 XML 元素名", "the name of a field must be the name of an XML element";
        no_such_fan() => "没有这位粉丝", "there is no such fan";
        no_such_exchange() => "这条消息已不再保留", "this message is no longer kept";
        bad_fan_name() =>
            "名字为 1 到 20 个字符，不能重复；最多 30 位粉丝",
            "a name has 1 to 20 characters and is unique; there can be 30 fans";
        no_such_account() =>
            "这种账号没有此模式或数据格式", "an account of this kind has another mode or data format";
        no_such_attack() => "此模式下没有这种攻击", "there is no such attack in this mode";
        busy() => "还在进行中，请稍候", "still in progress";
        bot_starting() => "机器人还没有在监听，请稍候", "the bot does not listen yet: try again in a moment";
        not_built() => "机器人编译失败，还没有启动", "the bot could not be built, so it was not started";
        bot_stopped(reason: &LocalizedText) =>
            "机器人已停止（{reason:#}），无法向它推送", "the bot has stopped ({reason}), so nothing can be pushed to it";
        not_supervised() =>
            "这个机器人不是由模拟器启动的", "the simulator did not start this bot";
    }
}

/// What is wrong with a custom menu.
#[cfg(feature = "page")]
pub(crate) mod menu {
    crate::localized_texts! {
        not_json(line: usize, column: usize) =>
            "第 {line} 行第 {column} 列：JSON 格式不正确", "line {line}, column {column}: not JSON";
        not_a_menu(line: usize, column: usize) =>
            "第 {line} 行第 {column} 列：这里的内容不符合菜单格式",
            "line {line}, column {column}: not what a menu has here";
        buttons(count: usize, limit: usize) =>
            "有 {count} 个按钮：应当有 1 到 {limit} 个", "{count} buttons: a menu has 1 to {limit}";
        button(button: usize) => "按钮 {button}", "button {button}";
        sub_button(button: usize, sub_button: usize) =>
            "按钮 {button} 的子按钮 {sub_button}", "sub-button {sub_button} of button {button}";

        sub_buttons(zh: &str, en: &str, count: usize, limit: usize) =>
            "{zh}：有 {count} 个子按钮，最多 {limit} 个", "{en}: {count} sub-buttons; there can be {limit}";
        nested(zh: &str, en: &str) => "{zh}：子按钮下不能再有子按钮", "{en}: a sub-button has no sub-buttons";
        missing(zh: &str, en: &str, member: &str) => "{zh}：缺少 {member}", "{en}: {member} is missing";
        too_long(zh: &str, en: &str, member: &str, length: usize, limit: usize) =>
            "{zh}：{member} 有 {length} 字节，最多 {limit} 字节", "{en}: {member} has {length} bytes; there can be {limit}";
        no_event(zh: &str, en: &str, kind: &str) => "{zh}：类型 {kind:?} 不推送事件", "{en}: the type {kind:?} pushes no event";
    }
}
