-- Counts a delivery and does nothing else.
-- ARGV: the lifetime of the key (ms); the least number of deliveries; the age known to the process (ms); the least time
--       between deliveries (ms); how much of the time since an age was written counts if the clock was set (ms).
-- Returns: the number of the delivery; the age that is written, and how long ago it was written (ms); the time (ms).
local entry = redis.call('HMGET', KEYS[1], 'n', 'last', 'age', 'at')
local n = counted(entry[1], entry[2], tonumber(ARGV[2]), tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'n', n, 'last', now)
local age, since = aged(entry[3], entry[4], tonumber(ARGV[3]), tonumber(ARGV[5]))
if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {n, age, since, now}
