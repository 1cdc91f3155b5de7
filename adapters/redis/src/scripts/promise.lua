-- Promises a user an answer, behind those that he was promised before.
-- ARGV: the promise, how many he may have, for how long (ms).
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
