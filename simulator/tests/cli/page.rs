//! The page, in a build that has it.

#[cfg(feature = "page")]
mod served {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use crate::dev::{Dev, dev};
    use crate::sim::{Done, sim};

    /// The answer at the address of the page.
    fn page(url: &str) -> String {
        let address = url.strip_prefix("http://").and_then(|url| url.strip_suffix('/')).expect("an address");
        let mut stream = TcpStream::connect(address).expect("it listens");
        write!(stream, "GET / HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    #[test]
    fn dev_serves_the_page_as_long_as_its_bot_runs() {
        let mut dev = Dev::start(dev(&["--listen", "127.0.0.1:0"], "exec $BOT"));
        assert_eq!(dev.event("verified")["verified"], true);
        let url = dev.event("page")["url"].as_str().expect("a URL").to_owned();
        let page = page(&url);
        assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<html"), "{page}");
        dev.signal("-INT");
        assert_eq!(dev.exits(), Some(0));
    }

    #[test]
    fn without_a_command_the_page_is_served_and_needs_no_credentials() {
        let dev = Dev::start(sim(&["--json", "--listen", "127.0.0.1:0"]));
        let url = dev.event("page")["url"].as_str().expect("a URL").to_owned();
        assert!(page(&url).starts_with("HTTP/1.1 200 "));
    }

    #[test]
    fn the_page_is_for_this_machine_alone() {
        for arguments in
            [&["--listen", "0.0.0.0:0"] as &[&str], &["dev", "--listen", "0.0.0.0:0", "--", "true"]]
        {
            Done::of(sim(arguments)).exits(2).says("loopback");
        }
    }
}

#[cfg(not(feature = "page"))]
#[test]
fn without_the_page_it_is_said_how_to_get_it() {
    use crate::sim::{Done, sim};

    Done::of(sim(&[])).exits(2).says("feature `page`");
}
