-- Counts a delivery, and nothing else.
-- ARGV: the entry's lifetime (ms), how many deliveries there were at least.
-- Answers the number of the delivery.
local n = tonumber(redis.call('HGET', KEYS[1], 'n') or 0)
n = math.max(n + 1, tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'n', n)
if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return n
