-- Ends the lease of a process without an outcome: the next delivery runs the push.
-- ARGV: the process; the lifetime of the key (ms).
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
    return 0
end
redis.call('HDEL', KEYS[1], 'owner', 'until')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
