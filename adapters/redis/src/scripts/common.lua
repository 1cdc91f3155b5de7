-- What every script about a push begins with. The clock of Redis may be set, and an entry may hold what no script
-- wrote: whatever is read of them is kept within bounds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function bounded(text, low, high)
    local number = tonumber(text)
    if not number or number ~= number then
        return nil
    end
    return math.min(math.max(number, low), high)
end

-- How long the lease that ends at `ends` still lasts. One that ends further away than a whole lease (the clock was set
-- back) ends a whole lease from now.
local function left(ends, lease)
    local left = bounded(ends, 0, 1e15)
    left = left and left - now or 0
    if left > lease then
        redis.call('HSET', KEYS[1], 'until', now + lease)
        return lease
    end
    return math.max(left, 0)
end

-- The number of the delivery: one that comes sooner than `gap` after the one before is the same again.
local function counted(n, last, at_least, gap)
    n = bounded(n, 1, 1e6)
    last = tonumber(last)
    if n and (not last or now - last >= gap) then
        n = n + 1
    end
    return math.max(n or 1, at_least)
end

-- The age that the push had when it was last written, and how long ago that was (ms). What the asker knows, which is
-- an age on a clock of its own, is written where it is more than what is certain: of the time since then no more than
-- `certain` is, for the clock of Redis may have been set.
local function aged(age, at, told, certain)
    age, at = bounded(age, 0, 864e5), bounded(at, 0, 1e15)
    if age and at and age + math.min(math.max(now - at, 0), certain) > told then
        return age, math.min(math.max(now - at, 0), 864e5)
    end
    redis.call('HSET', KEYS[1], 'age', told, 'at', now)
    return told, 0
end
