-- Replaces the first pending reply of a user, or removes it, if it has not changed.
-- ARGV: the pending reply as it was, the one to replace it or an empty string.
-- Returns 1 if it had not changed, 0 otherwise.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
    return 0
end
if ARGV[2] == '' then
    redis.call('LPOP', KEYS[1])
else
    redis.call('LSET', KEYS[1], 0, ARGV[2])
end
return 1
