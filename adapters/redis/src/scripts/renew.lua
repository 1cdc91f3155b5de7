-- Renews the lease of a process, and writes the age of the push again. Where no other process has the lease, this one
-- takes it: the key was lost, or never written.
-- ARGV: the process; its lease and the lifetime of the key (ms); the least number of deliveries; the age known to the
--       process (ms); how much of the time since an age was written counts if the clock was set (ms); 1 if it is late;
--       which of the process's streams the reply is, if it streams; the lifetime of a key with a text (ms).
-- Returns: the age that is written, and how long ago it was written (ms); the time (ms); 0 this process has the lease,
--          1 another has, 2 completed; the reply; 1 if it is late; 1 if another process runs the push too;
--          how long the text is that is written of this stream, -1 if none is.
local lease, known = tonumber(ARGV[2]), tonumber(ARGV[5])
local entry = redis.call('HMGET', KEYS[1], 'n', 'last', 'age', 'at', 'owner', 'until', 'late', 'reply', 'also', 'stream',
    'length')
if entry[8] then
    return {known, 0, now, 2, entry[8], entry[7] and 1 or 0, 1, -1}
end
local age, since = aged(entry[3], entry[4], known, tonumber(ARGV[6]))
if entry[5] and entry[5] ~= ARGV[1] and left(entry[6], lease) > 0 then
    redis.call('HSET', KEYS[1], 'also', 1)
    return {age, since, now, 1, false, entry[7] and 1 or 0, 1, -1}
end
local n = math.max(bounded(entry[1], 1, 1e6) or 1, tonumber(ARGV[4]))
-- The time of the last delivery is lost with the key. That of the first is known.
redis.call('HSET', KEYS[1], 'n', n, 'last', tonumber(entry[2]) or now - known, 'owner', ARGV[1], 'until', now + lease)
redis.call('HDEL', KEYS[1], 'gone')
if entry[10] and entry[5] ~= ARGV[1] then
    -- It is the text of another run.
    drop_text()
    entry[10] = false
end
local late = entry[7] or ARGV[7] == '1'
if late then
    redis.call('HSET', KEYS[1], 'late', 1)
end
redis.call('PEXPIRE', KEYS[1], entry[10] and ARGV[9] or ARGV[3])
local length = entry[10] == ARGV[8] and math.floor(bounded(entry[11], 0, 1e6) or 0) or -1
return {age, since, now, 0, false, late and 1 or 0, entry[9] and 1 or 0, length}
