-- Promises a user an answer, behind those that they were promised before.
-- One push is promised once.
-- ARGV: the promise (the push, a colon, the part), how many they may have, for how long (ms).
local push = string.match(ARGV[1], '^[^:]*:')
for _, before in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if string.sub(before, 1, #push) == push then
        return 1
    end
end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
