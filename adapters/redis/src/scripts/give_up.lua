-- Ends the lease of a process without an outcome: the next delivery runs the push.
-- What the reply says so far is kept.
-- ARGV: the process; the lifetime of the key, and that of a key with a text (ms).
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
    return 0
end
redis.call('HDEL', KEYS[1], 'owner', 'until')
redis.call('HSET', KEYS[1], 'gone', 1)
redis.call('PEXPIRE', KEYS[1], redis.call('HEXISTS', KEYS[1], 'stream') == 1 and ARGV[3] or ARGV[2])
return 1
