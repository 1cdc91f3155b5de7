-- Marks a push as late: its last delivery is answered without the outcome.
-- Returns the reply if the push was completed meanwhile.
local entry = redis.call('HMGET', KEYS[1], 'owner', 'reply')
if entry[2] then
    return entry[2]
end
if entry[1] then
    redis.call('HSET', KEYS[1], 'late', 1)
end
return false
