-- Counts a delivery, and nothing else.
-- ARGV: the entry's lifetime (ms), how many deliveries there were at least, the age that the asker knows of (ms), how
--       far apart deliveries come at least (ms), what is certain of the time since an age was written (ms).
-- Answers: the number of the delivery; the age when it was written, and how long ago that was (ms); the time (ms).
local entry = redis.call('HMGET', KEYS[1], 'n', 'last', 'age', 'at')
local n = counted(entry[1], entry[2], tonumber(ARGV[2]), tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'n', n, 'last', now)
local age, since = aged(entry[3], entry[4], tonumber(ARGV[3]), tonumber(ARGV[5]))
if redis.call('PTTL', KEYS[1]) < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
end
return {n, age, since, now}
