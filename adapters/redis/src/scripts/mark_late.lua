-- Says that the last delivery is answered without the outcome.
-- Answers the reply, where it was completed meanwhile.
local entry = redis.call('HMGET', KEYS[1], 'owner', 'reply')
if entry[2] then
    return entry[2]
end
if entry[1] then
    redis.call('HSET', KEYS[1], 'late', 1)
end
return false
