-- Renews the owner's lease, and writes the age of the push again. Where nobody else has the push it is taken: the
-- entry was lost, or never made.
-- ARGV: the owner, its lease and the entry's lifetime (ms), how many deliveries there were at least, the age that the
--       owner knows of (ms), what is certain of the time since an age was written (ms), 1 where it is late.
-- Answers: the age when it was written, and how long ago that was (ms); the time (ms); 0 the push is the owner's,
--          1 another runs it, 2 completed; the reply; 1 where it is late; 1 where another runs it too.
local lease, told = tonumber(ARGV[2]), tonumber(ARGV[5])
local entry = redis.call('HMGET', KEYS[1], 'n', 'last', 'age', 'at', 'owner', 'until', 'late', 'reply', 'also')
if entry[8] then
    return {told, 0, now, 2, entry[8], entry[7] and 1 or 0, 1}
end
local age, since = aged(entry[3], entry[4], told, tonumber(ARGV[6]))
if entry[5] and entry[5] ~= ARGV[1] and left(entry[6], lease) > 0 then
    redis.call('HSET', KEYS[1], 'also', 1)
    return {age, since, now, 1, false, entry[7] and 1 or 0, 1}
end
local n = math.max(bounded(entry[1], 1, 1e6) or 1, tonumber(ARGV[4]))
-- When the last delivery came is lost with the entry. That the first did is known.
redis.call('HSET', KEYS[1], 'n', n, 'last', tonumber(entry[2]) or now - told, 'owner', ARGV[1], 'until', now + lease)
local late = entry[7] or ARGV[7] == '1'
if late then
    redis.call('HSET', KEYS[1], 'late', 1)
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {age, since, now, 0, false, late and 1 or 0, entry[9] and 1 or 0}
