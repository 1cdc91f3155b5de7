-- Answers: 0 nobody runs it, 1 running, 2 settled; the reply; how long the owner's lease still lasts (ms).
local entry = redis.call('HMGET', KEYS[1], 'owner', 'until', 'reply')
if entry[3] then
    return {2, entry[3], 0}
end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = (tonumber(entry[2]) or 0) - now
if entry[1] and left > 0 then
    return {1, false, left}
end
return {0, false, 0}
