-- Writes the outcome unless there is another: the first outcome is kept, whichever process has the lease by now.
-- ARGV: the lifetime of the key, and that of a late outcome (ms); the retention; the least number of deliveries; 1 if
--       the process knows that the outcome is late; the reply in place of a late one that is not kept; the reply.
-- Returns 1 if the outcome is late, 0 if it is in time, -1 if there is another.
local entry = redis.call('HMGET', KEYS[1], 'n', 'late', 'reply', 'stream')
local late = (entry[2] or ARGV[5] == '1') and 1 or 0
local reply = (late == 1 and ARGV[3] == 'unless late') and ARGV[6] or ARGV[7]
if entry[3] then
    return entry[3] == reply and late or -1
end
local n = math.max(bounded(entry[1], 1, 1e6) or 1, tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'n', n, 'reply', reply)
redis.call('HDEL', KEYS[1], 'owner', 'until')
if entry[4] then
    drop_text()
end
redis.call('PEXPIRE', KEYS[1], (late == 1 or ARGV[3] == 'user') and ARGV[2] or ARGV[1])
return late
