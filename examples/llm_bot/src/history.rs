//! What was said, for the model to know what a user speaks of. In memory, and bounded: the oldest goes first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wechat_callback::{AccountId, Message};

use crate::model::ChatMessage;

/// How many conversations are remembered.
pub(crate) const MAX_CONVERSATIONS: usize = 1000;
/// How many questions of a conversation are remembered, with their answers.
pub(crate) const MAX_TURNS: usize = 10;
/// How long they are together, in bytes.
pub(crate) const MAX_BYTES: usize = 16 * 1024;

/// Whose conversation it is: a user has one with each account, and another in each group.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Owner {
    account: Option<AccountId>,
    chat: Option<String>,
    user: Option<String>,
}

impl Owner {
    pub(crate) fn of(message: &Message) -> Self {
        Self {
            account: message.account().cloned(),
            chat: message.chat().and_then(|chat| chat.id).map(|id| id.to_string()),
            user: message.openid().map(str::to_owned),
        }
    }
}

/// The conversations, and when each was used.
#[derive(Default)]
pub(crate) struct History {
    conversations: Mutex<Conversations>,
}

#[derive(Default)]
struct Conversations {
    by_owner: HashMap<Owner, (u64, Conversation)>,
    uses: u64,
}

impl History {
    /// The conversation of `owner`, which may be empty.
    pub(crate) fn conversation(&self, owner: Owner) -> Conversation {
        let mut conversations = lock(&self.conversations);
        let Conversations { by_owner, uses } = &mut *conversations;
        *uses = uses.saturating_add(1);
        if by_owner.len() >= MAX_CONVERSATIONS && !by_owner.contains_key(&owner) {
            let oldest = by_owner.iter().min_by_key(|(_, (used, _))| *used).map(|(owner, _)| owner.clone());
            oldest.and_then(|oldest| by_owner.remove(&oldest));
        }
        let (used, conversation) = by_owner.entry(owner).or_default();
        *used = *uses;
        conversation.clone()
    }

    /// Forgets the conversation. An answer that is still being given is not remembered either.
    pub(crate) fn clear(&self, owner: &Owner) {
        lock(&self.conversations).by_owner.remove(owner);
    }
}

/// The last turns. Clones are the same conversation.
#[derive(Clone, Default)]
pub(crate) struct Conversation {
    turns: Arc<Mutex<VecDeque<Turn>>>,
}

struct Turn {
    question: String,
    answer: String,
}

impl Turn {
    fn len(&self) -> usize {
        self.question.len().saturating_add(self.answer.len())
    }
}

impl Conversation {
    /// What the user wrote is a message of the user, whatever it says.
    pub(crate) fn messages(&self) -> Vec<ChatMessage> {
        let turns = lock(&self.turns);
        let messages = turns
            .iter()
            .flat_map(|turn| [ChatMessage::user(&turn.question), ChatMessage::assistant(&turn.answer)]);
        messages.collect()
    }

    /// A turn that alone is too long is not remembered.
    pub(crate) fn add(&self, question: String, answer: String) {
        let mut turns = lock(&self.turns);
        turns.push_back(Turn { question, answer });
        while turns.len() > MAX_TURNS || turns.iter().map(Turn::len).sum::<usize>() > MAX_BYTES {
            turns.pop_front();
        }
    }
}

/// Nothing that holds a lock leaves anything half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
