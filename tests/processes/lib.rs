//! Holds tests alone: bots as processes, real sockets and a real Redis, in real seconds.
