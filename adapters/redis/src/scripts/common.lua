-- The beginning of every script about a push. The clock of Redis may be set, and a key may hold what no script wrote,
-- so every number that is read is kept within bounds.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function bounded(text, low, high)
    local number = tonumber(text)
    if not number or number ~= number then
        return nil
    end
    return math.min(math.max(number, low), high)
end

-- How long the lease that ends at `ends` still lasts. If that is longer than a whole lease (the clock was set back), it
-- ends a whole lease from now.
local function left(ends, lease)
    local left = bounded(ends, 0, 1e15)
    left = left and left - now or 0
    if left > lease then
        redis.call('HSET', KEYS[1], 'until', now + lease)
        return lease
    end
    return math.max(left, 0)
end

-- Drops the text so far of a reply. The key has another field.
local function drop_text()
    local fields = {'stream', 'length', 'feedback'}
    for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
        if string.find(field, '^t%d+$') then
            fields[#fields + 1] = field
        end
    end
    -- Lua takes a limited number of arguments.
    for first = 1, #fields, 1000 do
        redis.call('HDEL', KEYS[1], unpack(fields, first, math.min(first + 999, #fields)))
    end
end

-- The number of the delivery. One that comes sooner than `gap` after the last one is not counted again.
local function counted(n, last, at_least, gap)
    n = bounded(n, 1, 1e6)
    last = tonumber(last)
    if n and (not last or now - last >= gap) then
        n = n + 1
    end
    return math.max(n or 1, at_least)
end

-- The age of the push as it is written, and how long ago it was written (ms). The age that the process knows by its own
-- clock replaces it where that is larger. No more than `certain` of the time since then counts in this comparison,
-- because the clock of Redis may have been set.
local function aged(age, at, known, certain)
    age, at = bounded(age, 0, 864e5), bounded(at, 0, 1e15)
    if age and at and age + math.min(math.max(now - at, 0), certain) > known then
        return age, math.min(math.max(now - at, 0), 864e5)
    end
    redis.call('HSET', KEYS[1], 'age', known, 'at', now)
    return known, 0
end
