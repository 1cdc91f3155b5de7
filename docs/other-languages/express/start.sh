# The bot's own names for what wechat-sim sets.
export WX_APPID=$WECHAT_APP_ID WX_TOKEN=$WECHAT_TOKEN WX_AES_KEY=$WECHAT_ENCODING_AES_KEY
exec node "${1:-bot.js}"
