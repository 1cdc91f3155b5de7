-- Writes what came out, unless another has taken the push over.
-- ARGV: the owner, the entry's lifetime and that of a late one (ms), how it is kept, how many deliveries there were at
--       least, what a late one is where it is kept unless late, the reply.
-- Answers 1 where it is late, 0 where it is in time, -1 where another has the push.
local entry = redis.call('HMGET', KEYS[1], 'n', 'owner', 'late', 'reply')
local late = entry[3] and 1 or 0
local reply = (late == 1 and ARGV[4] == 'unless late') and ARGV[6] or ARGV[7]
if entry[4] == reply then
    return late
end
if entry[4] or (entry[2] and entry[2] ~= ARGV[1]) then
    return -1
end
local n = math.max(tonumber(entry[1]) or 0, tonumber(ARGV[5]))
redis.call('HSET', KEYS[1], 'n', n, 'reply', reply)
redis.call('HDEL', KEYS[1], 'owner', 'until')
redis.call('PEXPIRE', KEYS[1], (late == 1 or ARGV[4] == 'user') and ARGV[3] or ARGV[2])
return late
