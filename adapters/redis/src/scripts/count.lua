-- Counts a delivery, and nothing else.
-- ARGV: the entry's lifetime (ms), how many deliveries there were at least.
-- Answers: the number of the delivery; how long ago the first was (ms).
local entry = redis.call('HMGET', KEYS[1], 'n', 'since')
local n = math.max((tonumber(entry[1]) or 0) + 1, tonumber(ARGV[2]))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = tonumber(entry[2]) or now
redis.call('HSET', KEYS[1], 'n', n, 'since', since)
if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {n, math.max(now - since, 0)}
