-- Puts another promise, or none, in the place of the first, if that still is the one that is kept.
-- ARGV: the promise that is kept, the one in its place or nothing.
-- Answers 1 where it was.
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then
    return 0
end
if ARGV[2] == '' then
    redis.call('LPOP', KEYS[1])
else
    redis.call('LSET', KEYS[1], 0, ARGV[2])
end
return 1
