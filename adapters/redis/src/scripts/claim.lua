-- Counts a delivery, and gives the lease to the process that asks where no other process has it.
-- ARGV: the process; its lease and the lifetime of the key (ms); the least number of deliveries; the age known to the
--       process (ms); the least time between deliveries (ms); how much of the time since an age was written counts if
--       the clock was set (ms); 1 if the delivery is counted already.
-- Returns: the number of the delivery; the age that is written, and how long ago it was written (ms); the time (ms);
--          0 free, 1 running, 2 completed; the reply.
local lease = tonumber(ARGV[2])
local entry = redis.call('HMGET', KEYS[1], 'n', 'last', 'age', 'at', 'owner', 'until', 'reply', 'stream')
local n = counted(entry[1], entry[2], tonumber(ARGV[4]), ARGV[8] == '1' and math.huge or tonumber(ARGV[6]))
redis.call('HSET', KEYS[1], 'n', n, 'last', ARGV[8] == '1' and entry[2] or now)
local age, since = aged(entry[3], entry[4], tonumber(ARGV[5]), tonumber(ARGV[7]))
if entry[7] then
    return {n, age, since, now, 2, entry[7]}
end
if entry[5] and entry[5] ~= ARGV[1] and left(entry[6], lease) > 0 then
    return {n, age, since, now, 1, false}
end
redis.call('HSET', KEYS[1], 'owner', ARGV[1], 'until', now + lease)
redis.call('HDEL', KEYS[1], 'late', 'gone')
if entry[8] then
    drop_text()
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return {n, age, since, now, 0, false}
