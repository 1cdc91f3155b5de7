-- Binds a signature to the first body that it came with.
-- ARGV: the body's digest, for how long (ms).
-- Returns 1 if it is that body, 0 otherwise.
local bound = redis.call('GET', KEYS[1])
if bound then
    return bound == ARGV[1] and 1 or 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
