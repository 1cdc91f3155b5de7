-- Writes what came out, unless another outcome stands there: the first stands, whoever runs the push by now.
-- ARGV: the entry's lifetime and that of a late one (ms), how it is kept, how many deliveries there were at least,
--       1 where the owner knows that it is late, what a late one is where it is kept unless late, the reply.
-- Answers 1 where it is late, 0 where it is in time, -1 where another outcome stands.
local entry = redis.call('HMGET', KEYS[1], 'n', 'late', 'reply')
local late = (entry[2] or ARGV[5] == '1') and 1 or 0
local reply = (late == 1 and ARGV[3] == 'unless late') and ARGV[6] or ARGV[7]
if entry[3] then
    return entry[3] == reply and late or -1
end
local n = math.max(bounded(entry[1], 1, 1e6) or 1, tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'n', n, 'reply', reply)
redis.call('HDEL', KEYS[1], 'owner', 'until')
redis.call('PEXPIRE', KEYS[1], (late == 1 or ARGV[3] == 'user') and ARGV[2] or ARGV[1])
return late
