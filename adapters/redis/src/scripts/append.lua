-- Appends to the text so far of a reply that streams, if exactly what comes before it is written. Each part is a field
-- named by its offset, so that no part is written again with the next.
-- ARGV: the process; which of its streams; the lifetime of the key (ms); the offset (bytes); the feedback id, if it is the
--       beginning; what is behind the offset.
-- Returns how long the text is by now, -1 if this process does not have the push.
local entry = redis.call('HMGET', KEYS[1], 'owner', 'reply', 'stream', 'length')
if entry[1] ~= ARGV[1] or entry[2] then
    -- It fails where Redis takes no writes: an answer proves that it does.
    redis.call('HSET', KEYS[1], 'probe', 1)
    redis.call('HDEL', KEYS[1], 'probe')
    return -1
end
local length = math.floor(bounded(entry[4], 0, 1e6) or 0)
if entry[3] ~= ARGV[2] then
    if entry[3] then
        drop_text()
    end
    length = 0
end
if length == tonumber(ARGV[4]) then
    if ARGV[5] ~= '' then
        redis.call('HSET', KEYS[1], 'feedback', ARGV[5])
    end
    if ARGV[6] ~= '' then
        redis.call('HSET', KEYS[1], 't' .. ARGV[4], ARGV[6])
        length = length + #ARGV[6]
    end
end
redis.call('HSET', KEYS[1], 'stream', ARGV[2], 'length', length)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return length
