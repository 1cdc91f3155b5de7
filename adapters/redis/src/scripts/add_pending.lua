-- Keeps a reply for a user, after those that are kept already. A push is kept once.
-- ARGV: the pending reply (the push, a colon, the part), how many a user may have, for how long (ms).
-- Returns the pending reply of the push that stands.
local push = string.match(ARGV[1], '^[^:]*:')
for _, pending in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if string.sub(pending, 1, #push) == push then
        return pending
    end
end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('LTRIM', KEYS[1], -ARGV[2], -1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return ARGV[1]
