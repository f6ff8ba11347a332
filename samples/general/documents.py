"""Short documents, each a list of facts: the sentence that states it, a question, and its answer."""

# ruff: noqa: E501 (a text stays in one piece, with the signs of its language)
from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """One sentence of a document with what it answers; ``level`` is how far the question is from its words."""

    sentence: str
    question: str
    answer: str
    reply: str
    level: str


ENGLISH: dict[str, tuple[Fact, ...]] = {
    "museum": (
        Fact("The tram museum in Lodbury opens at 10:15 and closes at 16:40.", "At what time does the Lodbury museum shut its doors?", "16:40", "The museum closes at 16:40.", "reworded"),
        Fact("Entry costs 7 pounds for adults and 3 pounds for pupils.", "How much do pupils pay at the tram museum?", "3 pounds", "Entry costs 3 pounds for pupils.", "distractor"),
        Fact("The oldest carriage on display was built in 1897 by the Harrow works.", "Who built the oldest carriage on display?", "Harrow", "The oldest carriage was built by the Harrow works.", "lookup"),
        Fact("Guided tours in sign language start on the first Saturday of every month.", "On which day do the sign language tours start?", "first Saturday", "They start on the first Saturday of every month.", "lookup"),
        Fact("Dogs may come along if they wear a muzzle.", "What must a dog wear inside the tram museum?", "muzzle", "Dogs must wear a muzzle.", "reworded"),
    ),
    "leaflet": (
        Fact("Solvarin tablets hold 40 mg of the active substance each.", "What amount of active substance is in a Solvarin tablet?", "40 mg", "Each tablet holds 40 mg of the active substance.", "lookup"),
        Fact("Adults take one tablet every eight hours, children over six half a tablet at bedtime.", "How often should a grown-up take Solvarin?", "every eight hours", "Adults take one tablet every eight hours.", "reworded"),
        Fact("Keep the package below 25 degrees and away from the bathroom.", "Below which temperature is Solvarin kept?", "25 degrees", "Keep the package below 25 degrees.", "lookup"),
        Fact("Common side effects are a dry mouth and light dizziness.", "Which side effect of Solvarin concerns the mouth?", "dry mouth", "A dry mouth is a common side effect.", "reworded"),
        Fact("The maker is Brandt and Osei of Rotterdam.", "In which town does the maker of Solvarin sit?", "Rotterdam", "The maker is Brandt and Osei of Rotterdam.", "reworded"),
    ),
    "minutes": (
        Fact("The allotment society met on 9 June with 31 members present.", "How many members attended the allotment meeting?", "31", "The society met with 31 members present.", "reworded"),
        Fact("Priya Nolan was elected treasurer by 19 votes to 12.", "Who looks after the society's money from now on?", "Priya Nolan", "Priya Nolan was elected treasurer.", "reworded"),
        Fact("The water pump will be replaced in October at a cost of 860 euros.", "What is the price of the new pump?", "860 euros", "The pump will be replaced at a cost of 860 euros.", "reworded"),
        Fact("Bonfires are forbidden between May and September.", "From which month on are bonfires forbidden?", "May", "Bonfires are forbidden between May and September.", "distractor"),
        Fact("The next meeting takes place in the scout hut.", "Where will the society meet next?", "scout hut", "The next meeting takes place in the scout hut.", "lookup"),
    ),
    "contract": (
        Fact("The tenant, Ms Ferreira, rents flat 4B from 1 August.", "Which flat does Ms Ferreira rent?", "4B", "The tenant rents flat 4B.", "lookup"),
        Fact("The monthly rent is 940 euros; heating adds 85 euros.", "How much does heating add each month?", "85 euros", "Heating adds 85 euros.", "distractor"),
        Fact("Either party may end the lease with three months' notice.", "How long ahead must the lease be cancelled?", "three months", "Either party may end it with three months' notice.", "reworded"),
        Fact("The deposit lies in an account at Vester Bank.", "At which bank is the deposit held?", "Vester Bank", "The deposit lies in an account at Vester Bank.", "lookup"),
        Fact("Pets other than fish need written consent of the landlord.", "Which animals may be kept without consent?", "fish", "Pets other than fish need written consent.", "reworded"),
    ),
    "trail": (
        Fact("The Heron Trail is 18 km long and begins behind Kirkmoor church.", "Where does the Heron Trail begin?", "Kirkmoor church", "The trail begins behind Kirkmoor church.", "lookup"),
        Fact("Its highest point, Cold Brow, lies 612 m above the sea.", "How high is Cold Brow?", "612 m", "Cold Brow lies 612 m above the sea.", "lookup"),
        Fact("Walkers fill their bottles at the spring after the second bridge.", "After which bridge is there drinking water?", "second bridge", "There is a spring after the second bridge.", "reworded"),
        Fact("The red ferry crosses the tarn every 20 minutes, the green one every 45 minutes.", "How often does the green ferry cross?", "every 45 minutes", "The green one crosses every 45 minutes.", "distractor"),
        Fact("Camping is allowed only beside the ranger's hut.", "Where may walkers put up a tent?", "ranger's hut", "Camping is allowed only beside the ranger's hut.", "reworded"),
    ),
    "bread": (
        Fact("The rye loaf needs 650 g of flour and 480 g of water.", "How much water goes into the rye loaf?", "480 g", "The rye loaf needs 480 g of water.", "distractor"),
        Fact("Let the dough rest for 14 hours in a cellar.", "For how many hours does the dough rest?", "14 hours", "The dough rests for 14 hours in a cellar.", "lookup"),
        Fact("Caraway is ground with a stone mortar before it is added.", "Which spice is ground for the loaf?", "Caraway", "Caraway is ground with a stone mortar.", "reworded"),
        Fact("Bake it at 230 degrees first and at 190 degrees after a quarter of an hour.", "At which temperature does baking begin?", "230 degrees", "Bake it at 230 degrees first.", "distractor"),
        Fact("The recipe comes from the miller Agnes Thorne.", "From whom does the recipe come?", "Agnes Thorne", "The recipe comes from the miller Agnes Thorne.", "lookup"),
    ),
    "release": (
        Fact("Version 4.2 of the Quillbase editor was published on 14 March and replaces 4.1.", "Which version did Quillbase 4.2 take the place of?", "4.1", "It replaces 4.1.", "inferred"),
        Fact("Files larger than 2 GB now open in 9 seconds instead of 40.", "How many seconds did a file above 2 GB need before the new version?", "40", "It needed 40 seconds before.", "distractor"),
        Fact("Plug-ins written in Lua keep working; those written in Tcl have to be converted.", "Which plug-ins can be left as they are?", "Lua", "Plug-ins written in Lua keep working.", "inferred"),
        Fact("The licence key is stored under Settings, in the tab Account.", "In which tab is the licence key stored?", "Account", "The licence key is stored in the tab Account.", "lookup"),
        Fact("Support for Windows 8 ends with this version, whereas Windows 10 stays supported until 2028.", "Until which year does Windows 10 get support?", "2028", "Windows 10 stays supported until 2028.", "distractor"),
    ),
    "hut": (
        Fact("The north path to Mirror Tarn takes 50 minutes, the lakeside path 35.", "Which of the two ways to the tarn is the quicker one?", "lakeside path", "The lakeside path takes 35 minutes.", "inferred"),
        Fact("Between November and April the footbridge is taken down, and the stream has to be waded.", "How does one get across the stream in winter?", "waded", "The stream has to be waded.", "inferred"),
        Fact("The hut sleeps 18, of whom six in the attic without heating.", "How many people can sleep in the attic?", "six", "The attic sleeps six.", "distractor"),
        Fact("Warden Elspeth Rowe keeps the key and answers the radio until nine in the evening.", "Who keeps the key of the hut?", "Elspeth Rowe", "Warden Elspeth Rowe keeps the key.", "lookup"),
        Fact("Fires are forbidden in the whole valley, stoves with gas are allowed on the gravel only.", "On what ground may a gas stove be used?", "gravel", "Gas stoves are allowed on the gravel only.", "reworded"),
    ),
    "will": (
        Fact("In her will of 2019 Agatha Brandt leaves the house in Mill Lane to her nephew Otto and the orchard to her niece Ruth.", "Who inherits the orchard?", "Ruth", "Her niece Ruth inherits the orchard.", "distractor"),
        Fact("The piano goes to the music school, provided that it is tuned every year.", "On what condition does the school receive the piano?", "tuned every year", "It has to be tuned every year.", "reworded"),
        Fact("An earlier will of 2004 is revoked.", "Which will is no longer valid?", "2004", "The will of 2004 is revoked.", "inferred"),
        Fact("Executor is the notary Dr Samir Haddad, who receives a fee of 1,200 euros.", "What is the notary paid for his work?", "1,200 euros", "The notary receives a fee of 1,200 euros.", "reworded"),
        Fact("Whoever contests the will loses his share.", "What happens to the share of an heir who contests the will?", "loses his share", "Whoever contests the will loses his share.", "lookup"),
    ),
    "trial": (
        Fact("In the trial 212 patients were given Corvexan and 208 a placebo.", "How many patients got the dummy drug?", "208", "208 patients were given a placebo.", "distractor"),
        Fact("After twelve weeks pain had fallen by 31 per cent with the drug and by 12 per cent without it.", "By how much did pain go down in those who took no Corvexan?", "12 per cent", "Without the drug pain had fallen by 12 per cent.", "distractor"),
        Fact("Nobody under 18 took part, and pregnant women were left out.", "From what age on could people join the trial?", "18", "Nobody under 18 took part.", "inferred"),
        Fact("Dizziness was the commonest side effect.", "Which side effect occurred most often?", "Dizziness", "Dizziness was the commonest side effect.", "reworded"),
        Fact("The study was paid for by the Lindqvist Foundation and ran in four hospitals.", "Who financed the study?", "Lindqvist Foundation", "It was paid for by the Lindqvist Foundation.", "reworded"),
    ),
    "reactor": (
        Fact("The research reactor at Tolvik was shut down on 8 June after a pump had failed.", "What led to the shutdown at Tolvik?", "pump", "A pump had failed.", "reworded"),
        Fact("Its core holds 31 rods, two of which carry only instruments.", "How many rods of the core hold nothing but instruments?", "two", "Of the rods two carry only instruments.", "distractor"),
        Fact("The night crew is led by Ingrid Saar, the day crew by Hamza Qureshi.", "Who is in charge when the sun is up?", "Hamza Qureshi", "The day crew is led by Hamza Qureshi.", "inferred"),
        Fact("Visitors have to give notice three weeks ahead and leave their telephones at the gate.", "Where do visitors leave their telephones?", "gate", "Visitors leave them at the gate.", "lookup"),
        Fact("Cooling water comes from the fjord and goes back four degrees warmer.", "By how many degrees does the water warm up on its way?", "four", "It goes back four degrees warmer.", "reworded"),
    ),
    "orchestra": (
        Fact("The season opens with Delmar's Third and closes with a new work by Yuki Arai.", "Whose piece is played last in the season?", "Yuki Arai", "It closes with a new work by Yuki Arai.", "inferred"),
        Fact("Tickets cost 28 in the stalls and 15 in the gallery.", "What does a seat in the gallery cost?", "15", "Tickets cost 15 in the gallery.", "distractor"),
        Fact("The conductor's left hand was injured, so the leader of the cellos stands in.", "Who takes the conductor's place?", "leader of the cellos", "The leader of the cellos stands in.", "reworded"),
        Fact("Rehearsals are open to schools on the second Tuesday of each month.", "On which day are rehearsals open to schools?", "second Tuesday", "They are open on the second Tuesday of each month.", "lookup"),
        Fact("Latecomers wait in the foyer until the first interval.", "Until when must somebody who is late wait outside the hall?", "first interval", "Latecomers wait until the first interval.", "reworded"),
    ),
    "harbour": (
        Fact("The pilot boat meets ships of more than 90 metres two miles off the breakwater.", "From what length on is a ship met by the pilot?", "90 metres", "Ships of more than 90 metres are met.", "reworded"),
        Fact("Berth 6 is for grain and berth 9 for timber.", "At which berth is timber unloaded?", "berth 9", "Timber is unloaded at berth 9.", "distractor"),
        Fact("When the red cone is hoisted, no yacht may leave.", "What keeps yachts in the harbour?", "red cone", "No yacht may leave when the red cone is hoisted.", "inferred"),
        Fact("Harbour dues are paid at the yellow hut before noon.", "Where are the harbour dues paid?", "yellow hut", "They are paid at the yellow hut.", "lookup"),
        Fact("Divers found a bell of the barque Meridian in spring, and an anchor in autumn.", "What did the divers bring to light first?", "bell", "They found a bell of the barque Meridian.", "inferred"),
    ),
    "policy": (
        Fact("The insurance pays for stolen bicycles up to 1,500, for damaged ones up to 600.", "How much is paid at most for a bicycle that was damaged?", "600", "Damaged ones are paid up to 600.", "distractor"),
        Fact("A theft has to be reported to the police within 48 hours.", "Within how many hours must a theft be reported?", "48 hours", "It has to be reported within 48 hours.", "lookup"),
        Fact("Nothing is paid where the bicycle stood unlocked.", "In which case does the owner get nothing?", "unlocked", "Nothing is paid where it stood unlocked.", "reworded"),
        Fact("The premium of 74 a year falls by a tenth after three years without a claim.", "What brings the premium down?", "three years without a claim", "It falls after three years without a claim.", "inferred"),
        Fact("Cancellations are addressed to the office in Marl Street, by letter only.", "In what form must a cancellation be sent?", "letter", "A cancellation is sent by letter.", "reworded"),
    ),
    "expedition": (
        Fact("Six people set out from camp two, and four reached the summit.", "How many of the party stood on the summit?", "four", "Of the party four reached the summit.", "distractor"),
        Fact("Dr Noor stayed behind with frozen fingers.", "Why did Dr Noor not go on?", "frozen fingers", "Dr Noor stayed behind with frozen fingers.", "reworded"),
        Fact("The radio failed below the ridge and worked again above it.", "Where could the party be heard again?", "above it", "It worked again above it, the ridge.", "inferred"),
        Fact("They carried 11 bottles of oxygen and brought back three full ones.", "How many bottles of oxygen were still full at the end?", "three", "They brought back three full ones.", "distractor"),
        Fact("The descent took nine hours because of fog.", "What made the descent take so long?", "fog", "It took nine hours because of fog.", "reworded"),
    ),
    "library": (
        Fact("The manuscript was copied in Toledo around 1340 and bound anew in Lyon.", "In which town was the manuscript written out?", "Toledo", "The manuscript was copied in Toledo.", "distractor"),
        Fact("Readers may use pencils, never ink.", "With what may a reader take notes?", "pencils", "Readers may use pencils.", "inferred"),
        Fact("The reading room is heated to 17 degrees for the sake of the parchment.", "For the sake of what is the room kept cool?", "parchment", "It is for the sake of the parchment.", "reworded"),
        Fact("Photographs need the consent of the keeper, Mr Adeyemi.", "Whose consent do photographs need?", "Adeyemi", "They need the consent of Mr Adeyemi.", "lookup"),
        Fact("Folio 12 is missing; folio 13 is torn.", "Which leaf can't be seen at all?", "Folio 12", "Folio 12 is missing.", "inferred"),
    ),
}  # fmt: skip

CHINESE: dict[str, tuple[Fact, ...]] = {
    "图书馆": (
        Fact("青石区图书馆周一闭馆，其余日子早上九点开门。", "青石区图书馆星期几不开放？", "周一", "图书馆周一闭馆。", "reworded"),
        Fact("每张借书证一次最多借八本书，期限为三十天。", "一张借书证最多能借几本书？", "八本", "每张借书证一次最多借八本书。", "lookup"),
        Fact("二楼的自习室有一百二十个座位。", "自习室在几楼？", "二楼", "自习室在二楼。", "lookup"),
        Fact("逾期一天罚款两角，遗失则按书价的两倍赔偿。", "书超期一天要交多少钱？", "两角", "逾期一天罚款两角。", "distractor"),
        Fact("馆长林素云每月举办一次读书会。", "读书会由谁举办？", "林素云", "馆长林素云举办读书会。", "lookup"),
    ),
    "说明书": (
        Fact("这款加湿器的水箱容量为4.5升。", "加湿器水箱能装多少水？", "4.5升", "水箱容量为4.5升。", "reworded"),
        Fact("指示灯变红表示缺水，变黄表示滤芯需要更换。", "指示灯变黄是什么意思？", "滤芯需要更换", "变黄表示滤芯需要更换。", "distractor"),
        Fact("夜间模式的噪音不超过26分贝。", "夜间模式下噪音最高多少？", "26分贝", "夜间模式的噪音不超过26分贝。", "lookup"),
        Fact("请用柠檬酸清洗水垢，切勿使用漂白剂。", "清洗水垢应当用什么？", "柠檬酸", "请用柠檬酸清洗水垢。", "lookup"),
        Fact("整机保修二十四个月，滤芯不在保修范围内。", "整机的保修期有多长？", "二十四个月", "整机保修二十四个月。", "reworded"),
    ),
    "火车": (
        Fact("K318次列车从临江站出发，终点是雁门站。", "K318次列车开往哪里？", "雁门站", "K318次列车的终点是雁门站。", "reworded"),
        Fact("硬座票价76元，卧铺票价158元。", "卧铺要多少钱？", "158元", "卧铺票价158元。", "distractor"),
        Fact("列车在柳河停车十一分钟，以便更换机车。", "列车为什么在柳河停车？", "更换机车", "列车在柳河停车，以便更换机车。", "reworded"),
        Fact("餐车设在第九节车厢。", "餐车在第几节车厢？", "第九节", "餐车设在第九节车厢。", "lookup"),
        Fact("携带自行车的旅客须在开车前一小时办理托运。", "自行车要在开车前多久托运？", "一小时", "须在开车前一小时办理托运。", "reworded"),
    ),
    "会议": (
        Fact("业主委员会于9月12日召开会议，到会四十三户。", "有多少户参加了业主会议？", "四十三户", "到会四十三户。", "reworded"),
        Fact("会议决定由高建华负责电梯改造。", "电梯改造由谁负责？", "高建华", "由高建华负责电梯改造。", "lookup"),
        Fact("电梯改造预算为三十八万元，由维修基金支付。", "改造电梯的钱从哪里出？", "维修基金", "预算由维修基金支付。", "reworded"),
        Fact("停车费从每月150元调整为每月180元。", "调整之后每月停车费是多少？", "180元", "停车费调整为每月180元。", "distractor"),
        Fact("下次会议定在活动室举行。", "下次业主会议在哪里开？", "活动室", "下次会议在活动室举行。", "lookup"),
    ),
    "茶": (
        Fact("雾岭白茶采摘于海拔一千一百米的山坡。", "雾岭白茶长在海拔多少米的地方？", "一千一百米", "它采摘于海拔一千一百米的山坡。", "reworded"),
        Fact("冲泡水温以85度为宜，第一泡静置40秒。", "第一泡要等多久？", "40秒", "第一泡静置40秒。", "distractor"),
        Fact("这种茶含有淡淡的杏仁香气。", "雾岭白茶闻起来像什么？", "杏仁", "它含有淡淡的杏仁香气。", "reworded"),
        Fact("制茶师傅程远山今年七十二岁。", "制茶师傅叫什么名字？", "程远山", "制茶师傅是程远山。", "lookup"),
        Fact("每年只产六百斤，全部由合作社收购。", "谁收购雾岭白茶？", "合作社", "全部由合作社收购。", "lookup"),
    ),
    "体检": (
        Fact("体检前八小时不得进食，可以少量喝水。", "体检前多长时间不能吃东西？", "八小时", "体检前八小时不得进食。", "reworded"),
        Fact("抽血在三号窗口，心电图在七号诊室。", "心电图在哪里做？", "七号诊室", "心电图在七号诊室。", "distractor"),
        Fact("报告五个工作日后可在自助机上打印。", "体检报告在哪里打印？", "自助机", "报告可在自助机上打印。", "lookup"),
        Fact("孕妇请提前告知护士，不做胸部透视。", "哪一项检查孕妇不做？", "胸部透视", "孕妇不做胸部透视。", "reworded"),
        Fact("负责讲解报告的是邵敏医生。", "由哪位医生讲解报告？", "邵敏", "由邵敏医生讲解报告。", "lookup"),
    ),
    "租约": (
        Fact("房屋位于南屏路17号，面积六十八平方米。", "房子在什么地址？", "南屏路17号", "房屋位于南屏路17号。", "reworded"),
        Fact("月租为2600元，押金为两个月租金。", "每个月租金是多少？", "2600元", "月租为2600元。", "distractor"),
        Fact("租期自5月1日起，为期一年。", "租期从哪一天开始？", "5月1日", "租期自5月1日起。", "reworded"),
        Fact("漏水由房东修理，灯泡由租客自行更换。", "灯泡坏了由谁换？", "租客", "灯泡由租客自行更换。", "distractor"),
        Fact("住户养狗须事先取得书面同意。", "养狗需要什么样的同意？", "书面同意", "养狗须事先取得书面同意。", "reworded"),
    ),
    "天气": (
        Fact("明天白天多云，最高气温23度，傍晚转小雨。", "明天的最高气温是多少？", "23度", "明天最高气温23度。", "lookup"),
        Fact("沿海地区有六级东北风。", "沿海地区刮什么方向的风？", "东北风", "沿海地区有六级东北风。", "reworded"),
        Fact("青岩山一带能见度不足200米。", "哪里的能见度不到200米？", "青岩山", "青岩山一带能见度不足200米。", "reworded"),
        Fact("后天气温将下降9度。", "后天气温会降低多少？", "9度", "后天气温将下降9度。", "reworded"),
        Fact("气象台建议渔船在港内停泊至周四。", "渔船应当停到星期几？", "周四", "建议渔船在港内停泊至周四。", "reworded"),
    ),
    "比赛": (
        Fact("少年组象棋赛共有五十六名选手报名。", "有多少名选手报名参加象棋赛？", "五十六名", "共有五十六名选手报名。", "lookup"),
        Fact("冠军彭一诺奖金3000元，亚军沈可奖金1200元。", "亚军得到多少奖金？", "1200元", "亚军奖金1200元。", "distractor"),
        Fact("每局限时四十五分钟，超时判负。", "一局棋超时会怎样？", "判负", "超时判负。", "reworded"),
        Fact("裁判长来自桐城棋院。", "裁判长来自哪家棋院？", "桐城棋院", "裁判长来自桐城棋院。", "lookup"),
        Fact("颁奖仪式在市少年宫的礼堂举行。", "奖在哪里颁发？", "少年宫", "颁奖仪式在市少年宫的礼堂举行。", "reworded"),
    ),
    "菜谱": (
        Fact("做这道豆腐汤要用400克嫩豆腐和60克虾皮。", "豆腐汤需要多少虾皮？", "60克", "要用60克虾皮。", "distractor"),
        Fact("先用小火把姜片炒香，再加入清水。", "炒姜片用什么火？", "小火", "先用小火把姜片炒香。", "lookup"),
        Fact("汤煮沸后再煮十二分钟。", "煮沸以后还要煮几分钟？", "十二分钟", "煮沸后再煮十二分钟。", "lookup"),
        Fact("最后撒上芹菜末而不是香菜。", "出锅前撒什么？", "芹菜末", "最后撒上芹菜末。", "reworded"),
        Fact("这份菜谱够四个人食用。", "这份菜够几个人吃？", "四个人", "这份菜谱够四个人食用。", "reworded"),
    ),
    "课程": (
        Fact("木工课每周三晚上七点在五号教室上课。", "木工课在哪间教室？", "五号教室", "木工课在五号教室上课。", "lookup"),
        Fact("材料费为90元，工具由学校提供。", "上木工课谁提供工具？", "学校", "工具由学校提供。", "distractor"),
        Fact("教师贺兰亭曾在船厂工作多年。", "贺兰亭以前在哪里工作？", "船厂", "教师贺兰亭曾在船厂工作多年。", "reworded"),
        Fact("学员年满十六岁才能使用电锯。", "几岁可以用电锯？", "十六岁", "年满十六岁才能使用电锯。", "reworded"),
        Fact("期末作品是一把折叠椅。", "期末要做什么作品？", "折叠椅", "期末作品是一把折叠椅。", "lookup"),
    ),
    "灯塔": (
        Fact("鹿角岛灯塔建于1911年，高34米。", "鹿角岛灯塔有多高？", "34米", "灯塔高34米。", "distractor"),
        Fact("灯光每十五秒闪三次。", "灯塔每隔多少秒闪三次？", "十五秒", "灯光每十五秒闪三次。", "lookup"),
        Fact("守塔人罗守诚养了两只山羊。", "守塔人养了什么动物？", "山羊", "守塔人养了两只山羊。", "lookup"),
        Fact("从码头步行到灯塔需要半个小时。", "从码头走到灯塔要多久？", "半个小时", "步行需要半个小时。", "reworded"),
        Fact("遇到大雾时改用汽笛。", "大雾天用什么代替灯光？", "汽笛", "遇到大雾时改用汽笛。", "reworded"),
    ),
    "更新": (
        Fact("速记软件5.3版于3月14日发布，取代了5.2版。", "速记软件5.3版代替了哪一版？", "5.2版", "5.3版取代了5.2版。", "reworded"),
        Fact("打开大文件的时间从40秒缩短到9秒。", "更新以前打开大文件要多少秒？", "40秒", "以前要40秒。", "distractor"),
        Fact("用旧格式写的插件需要转换，新格式的插件照常使用。", "哪一种插件不必改动？", "新格式", "新格式的插件照常使用。", "inferred"),
        Fact("授权码保存在“设置”的“账户”一栏。", "授权码保存在哪一栏？", "账户", "授权码保存在“账户”一栏。", "lookup"),
        Fact("本版起不再支持安卓8，安卓10的支持到2028年为止。", "安卓10支持到哪一年？", "2028年", "安卓10的支持到2028年为止。", "distractor"),
    ),
    "山路": (
        Fact("去镜湖有两条路：北坡路要走五十分钟，湖边路只要三十五分钟。", "去镜湖走哪条路更快？", "湖边路", "走湖边路只要三十五分钟。", "inferred"),
        Fact("十一月到四月拆掉木桥，过溪只能涉水。", "冬天怎样到溪的对岸？", "涉水", "冬天过溪只能涉水。", "inferred"),
        Fact("山屋可住十八人，其中六人睡在没有暖气的阁楼。", "阁楼能睡几个人？", "六人", "阁楼能睡六人。", "distractor"),
        Fact("钥匙由守屋人罗秀兰保管，她晚上九点前都听电台。", "谁保管山屋的钥匙？", "罗秀兰", "钥匙由罗秀兰保管。", "lookup"),
        Fact("整个山谷禁止生火，煤气炉只准在碎石地上使用。", "煤气炉可以在什么地面上用？", "碎石地", "煤气炉只准在碎石地上使用。", "reworded"),
    ),
    "遗嘱": (
        Fact("在2019年的遗嘱里，柳桂芬把磨坊巷的房子留给侄子，把果园留给外甥女。", "果园归谁所有？", "外甥女", "果园留给外甥女。", "distractor"),
        Fact("钢琴赠给音乐学校，条件是每年调音一次。", "学校要做到什么才能得到钢琴？", "每年调音一次", "条件是每年调音一次。", "reworded"),
        Fact("2004年立的旧遗嘱就此作废。", "哪一年的遗嘱已经无效？", "2004年", "2004年立的旧遗嘱就此作废。", "inferred"),
        Fact("遗嘱执行人是公证员哈立德，报酬为一万二千元。", "公证员的报酬是多少？", "一万二千元", "报酬为一万二千元。", "lookup"),
        Fact("对遗嘱提起诉讼的人，丧失自己的一份。", "继承人去打官司会有什么后果？", "丧失自己的一份", "提起诉讼的人丧失自己的一份。", "reworded"),
    ),
    "药物试验": (
        Fact("试验中有212名患者服用科维散，208名服用安慰剂。", "多少名患者服用了安慰剂？", "208名", "208名患者服用安慰剂。", "distractor"),
        Fact("十二周后，服药组的疼痛减轻了三成一，对照组减轻了一成二。", "没有服药的人疼痛减轻了多少？", "一成二", "对照组减轻了一成二。", "distractor"),
        Fact("未满十八岁者和孕妇不得参加。", "多大年龄才可以参加试验？", "十八岁", "未满十八岁者不得参加。", "inferred"),
        Fact("最常见的副作用是头晕。", "哪种副作用出现得最多？", "头晕", "最常见的副作用是头晕。", "reworded"),
        Fact("研究经费由林氏基金会提供，在四家医院进行。", "研究的钱是谁出的？", "林氏基金会", "研究经费由林氏基金会提供。", "reworded"),
    ),
}  # fmt: skip
