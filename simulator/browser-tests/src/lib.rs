//! Holds `tests/` alone: the chat page of `wechat-sim` in a real Chromium.
