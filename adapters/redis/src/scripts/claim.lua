-- Counts a delivery, and makes the asker the owner where nobody runs the push.
-- ARGV: the asker, its lease and the entry's lifetime (ms), how many deliveries there were at least.
-- Answers: the number of the delivery; how long ago the first was (ms); 0 first, 1 running, 2 settled; the reply.
local entry = redis.call('HMGET', KEYS[1], 'n', 'owner', 'until', 'reply', 'since')
local n = math.max((tonumber(entry[1]) or 0) + 1, tonumber(ARGV[4]))
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local since = tonumber(entry[5]) or now
local age = math.max(now - since, 0)
if entry[4] then
    redis.call('HSET', KEYS[1], 'n', n)
    return {n, age, 2, entry[4]}
end
if entry[2] and entry[2] ~= ARGV[1] and tonumber(entry[3]) > now then
    redis.call('HSET', KEYS[1], 'n', n)
    return {n, age, 1, false}
end
redis.call('HSET', KEYS[1], 'n', n, 'owner', ARGV[1], 'until', now + ARGV[2], 'since', since)
redis.call('HDEL', KEYS[1], 'late')
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {n, age, 0, false}
