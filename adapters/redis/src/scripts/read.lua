-- Reads the state of a push.
-- ARGV: a whole lease (ms).
-- Returns: 0 free, 1 running, 2 completed; the reply; how long the lease still lasts (ms).
local entry = redis.call('HMGET', KEYS[1], 'owner', 'until', 'reply')
if entry[3] then
    return {2, entry[3], 0}
end
local left = entry[1] and left(entry[2], tonumber(ARGV[1])) or 0
return {left > 0 and 1 or 0, false, left}
