-- Renews the owner's lease. Where nobody else has the push it is taken: the entry was lost, or never made.
-- ARGV: the owner, its lease and the entry's lifetime (ms), how many deliveries there were at least.
-- Answers 1 where the push is the owner's.
local entry = redis.call('HMGET', KEYS[1], 'n', 'owner', 'until', 'reply')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if entry[4] or (entry[2] and entry[2] ~= ARGV[1] and tonumber(entry[3]) > now) then
    return 0
end
local n = math.max(tonumber(entry[1]) or 0, tonumber(ARGV[4]))
redis.call('HSET', KEYS[1], 'n', n, 'owner', ARGV[1], 'until', now + ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
